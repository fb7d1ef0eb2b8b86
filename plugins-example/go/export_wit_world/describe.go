// Package export_wit_world has what the world itself exports. The generated code asks for packages of this name.
package export_wit_world

import (
	"wit_component/demo_editor_types"

	"go.bytecodealliance.org/pkg/wit/types"
)

// Describe introduces the plugin.
func Describe() demo_editor_types.PluginInfo {
	return demo_editor_types.PluginInfo{
		Name:     "outline",
		Version:  wit_types.Tuple3[uint32, uint32, uint32]{F0: 0, F1: 1, F2: 0},
		Language: "Go",
		Capabilities: demo_editor_types.Capabilities_Tokenize | demo_editor_types.Capabilities_Edit |
			demo_editor_types.Capabilities_Count | demo_editor_types.Capabilities_Sessions |
			demo_editor_types.Capabilities_Dictionary,
		Homepage: wit_types.Some("https://go.dev"),
	}
}
