// Package examples holds the two example policies, so that the program can fit them to a simulated school.
package examples

import _ "embed"

// Classroom is the policy of the Classroom school, Dojo that of the Dojo school, as the YAML files stand in this folder.
var (
	//go:embed classroom-school.yaml
	Classroom string
	//go:embed dojo-school.yaml
	Dojo string
)
