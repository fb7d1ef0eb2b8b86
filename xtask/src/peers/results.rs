//! What the harness measured: one JSON record a line, the last one of a cell counts.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

/// One cell: the samples' median, least and greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// All cells, by section, contestant, case and metric.
#[derive(Debug, Default)]
pub(super) struct Results(HashMap<[String; 4], Cell>);

impl Results {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut cells = HashMap::new();
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).map_err(|e| format!("a record: {e}"))?;
            let key = ["section", "contestant", "case", "metric"]
                .map(|name| record[name].as_str().unwrap_or_default().to_owned());
            // A case that failed has no figures.
            let figure = |name: &str| record[name].as_f64();
            if let (Some(median), Some(min), Some(max)) = (figure("median"), figure("min"), figure("max")) {
                cells.insert(key, Cell { median, min, max });
            }
        }
        Ok(Self(cells))
    }

    /// Whether anything of this section was measured.
    pub(super) fn has(&self, section: &str) -> bool {
        self.0.keys().any(|[measured, ..]| measured == section)
    }

    pub(super) fn cell(&self, section: &str, contestant: &str, case: &str, metric: &str) -> Option<Cell> {
        self.0.get(&[section, contestant, case, metric].map(str::to_owned)).copied()
    }
}
