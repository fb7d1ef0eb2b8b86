//! By a second granted directory that is the same, or lies inside of the first.

use std::fs;

use plugbay::{ErrorKind, Grants};
use plugbay_tests::files::{Scene, ways};

#[test]
fn reading_only_is_not_promised_where_another_grant_writes() {
    for way in ways() {
        let scene = Scene::new("overlap");
        std::os::unix::fs::symlink("sub", scene.inside("alias")).unwrap();
        for (written, read) in [("", "sub"), ("", ""), ("sub", "alias"), ("alias", "sub"), ("", "sub/../sub")]
        {
            let grants =
                Grants::none().allow_write(scene.inside(written), "/w").allow_read(scene.inside(read), "/r");
            let error = way.link(grants).map(drop).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Grant(_)), "{written} {read}: {error}");
            assert!(error.to_string().contains("can be written to"), "{error}");
        }
        scene.is_unharmed();
    }
}

#[test]
fn each_directory_is_used_as_it_was_granted() {
    for way in ways() {
        let scene = Scene::new("nested");
        let grants = Grants::none()
            .allow_read(scene.inside(""), "/all")
            .allow_write(scene.inside("sub"), "/all/sub")
            .allow_read(scene.inside(""), "/again");
        let mut guest = way.link(grants).unwrap();
        let [all, sub, again] = guest.roots[..] else { panic!() };
        assert_eq!(guest.write(sub, "new", b"new"), Ok(3));
        for root in [all, again] {
            assert_eq!(guest.write(root, "sub/new", b"no"), Err("read-only"));
            assert_eq!(guest.at("unlink-file-at", root, "sub/new"), Err("read-only"));
            assert_eq!(guest.rename(sub, "new", root, "new"), Err("read-only"));
            assert_eq!(guest.rename(root, "file", sub, "file"), Err("read-only"));
            assert_eq!(guest.link(root, "file", sub, "file"), Err("read-only"));
            assert_eq!(guest.read(root, "sub/new").unwrap(), b"new");
        }
        assert_eq!(fs::read(scene.inside("file")).unwrap(), b"inside");
        scene.is_unharmed();
    }
}

#[test]
fn what_is_hidden_is_hidden_by_every_name_of_it() {
    for way in ways() {
        let scene = Scene::new("hidden-overlap");
        fs::write(scene.inside("sub/.env"), "TOKEN").unwrap();
        let grants = Grants::none()
            .allow_write(scene.inside(""), "/all")
            .allow_write(scene.inside("sub"), "/part")
            .deny_path("/part/.env")
            .deny_path("/all/sub/deep");
        let mut guest = way.link(grants).unwrap();
        let [all, part] = guest.roots[..] else { panic!() };
        for name in [".env", "deep"] {
            guest.reaches_hidden(part, name);
            guest.reaches_hidden(all, &format!("sub/{name}"));
        }
        assert_eq!(guest.names(part).unwrap(), Vec::<String>::new());
        // Moved, it would have another name.
        assert_eq!(guest.rename(all, "sub", all, "moved"), Err("not-permitted"));
        assert_eq!(fs::read(scene.inside("sub/.env")).unwrap(), b"TOKEN");
        scene.is_unharmed();
    }
}
