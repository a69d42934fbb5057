package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Schema is the JSON Schema (draft 2020-12) of the policy file, for editors, made from the declarations that
// [Parse] checks a file with. It says less than Parse, which also sees what spans several places.
func Schema() []byte {
	return document("The policy of a school", policyShape, func(root map[string]any) {
		// What a school inherits need not stand in its file.
		root["if"] = map[string]any{"required": []string{"inherits"}}
		root["else"] = policyShape.related()
	})
}

// TrustSchema is the JSON Schema of the file of a trust.
func TrustSchema() []byte {
	return document("The file of a trust", trustShape, func(map[string]any) {})
}

func document(title string, s *shape, more func(map[string]any)) []byte {
	defs := map[string]any{}
	root := s.schema(defs, "")
	more(root)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = title
	root["$defs"] = defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(fmt.Sprintf("policy: maps and texts always encode: %v", err))
	}
	return out.Bytes()
}

// related says what the fields of a block that may be inherited ask of each other, for files that inherit nothing.
func (s *shape) related() map[string]any {
	m := map[string]any{}
	switch {
	case s.form == listForm:
		if items := s.elem.related(); len(items) > 0 {
			m["items"] = items
		}
	case s.later:
		s.relationsSchema(m)
		properties := map[string]any{}
		for _, f := range s.fields {
			if p := f.shape.related(); len(p) > 0 {
				properties[f.name] = p
			}
		}
		if len(properties) > 0 {
			m["properties"] = properties
		}
	}
	return m
}

// schema writes a shape, described by doc where the place it stands in says more than the shape. Shapes with a name are kept
// in defs and referred to.
func (s *shape) schema(defs map[string]any, doc string) map[string]any {
	if s.name == "" {
		return s.body(defs, doc)
	}
	if _, ok := defs[s.name]; !ok {
		defs[s.name] = nil // so that a shape that contains itself would end
		defs[s.name] = s.body(defs, "")
	}
	ref := map[string]any{"$ref": "#/$defs/" + s.name}
	if doc != "" {
		ref["description"] = doc
	}
	return ref
}

func (s *shape) body(defs map[string]any, doc string) map[string]any {
	if doc == "" {
		doc = s.what
	}
	m := map[string]any{"description": doc}
	switch s.form {
	case textForm:
		m["type"] = "string"
		switch {
		case s.words != nil:
			m["enum"] = s.words
		case s.pattern != "":
			m["pattern"] = s.pattern
		default:
			m["minLength"] = 1
		}
	case flagForm:
		m["type"] = "boolean"
	case numberForm:
		m["type"] = "number"
		if s.whole {
			m["type"] = "integer"
		}
		m["minimum"], m["maximum"] = s.from, s.to
	case scalarForm:
		m["type"] = []string{"string", "number", "boolean"}
		if s.pattern != "" {
			m["type"] = []string{"string", "integer"}
			m["pattern"], m["minimum"] = s.pattern, 0
		}
	case listForm:
		m["type"] = "array"
		m["items"] = s.elem.schema(defs, "")
		if s.least > 0 {
			m["minItems"] = s.least
		}
		if s.most > 0 {
			m["maxItems"] = s.most
		}
	case eitherForm:
		var alternatives []map[string]any
		for _, alt := range s.either {
			alternatives = append(alternatives, alt.schema(defs, ""))
		}
		m["anyOf"] = alternatives
	case tableForm:
		m["type"] = "object"
		m["additionalProperties"] = s.elem.schema(defs, "")
		if s.words != nil {
			m["propertyNames"] = map[string]any{"enum": s.words}
		}
		if s.keys != nil {
			m["propertyNames"] = map[string]any{"pattern": s.keys.pattern}
		}
		if s.some != nil {
			m["anyOf"] = requireEach(s.some)
		}
	case objectForm:
		s.objectSchema(m, defs)
	case rawForm:
		m["type"] = "object"
	}
	return m
}

func (s *shape) objectSchema(m, defs map[string]any) {
	properties := map[string]any{}
	for _, f := range s.fields {
		properties[f.name] = f.shape.schema(defs, f.doc)
	}
	m["type"] = "object"
	m["properties"] = properties
	m["additionalProperties"] = false
	if !s.later {
		s.relationsSchema(m)
	}
	if s == meansShape {
		m["allOf"] = withSchemas(defs)
	}
}

// relationsSchema says what the fields of an object ask of each other.
func (s *shape) relationsSchema(m map[string]any) {
	need := []string{}
	for _, f := range s.fields {
		if f.need {
			need = append(need, f.name)
		}
	}
	if len(need) > 0 {
		m["required"] = need
	}
	if len(s.brings) > 0 {
		m["dependentRequired"] = s.brings
	}
	if len(s.onlyBy) > 0 {
		only := map[string]any{}
		for name, by := range s.onlyBy {
			only[name] = map[string]any{"anyOf": requireEach(by)}
		}
		m["dependentSchemas"] = only
	}
	if len(s.exactly) > 0 {
		m["oneOf"] = requireEach(s.exactly)
	}
	if len(s.some) > 0 {
		m["anyOf"] = requireEach(s.some)
	}
}

func requireEach(names []string) []map[string]any {
	var out []map[string]any
	for _, n := range names {
		out = append(out, map[string]any{"required": []string{n}})
	}
	return out
}

// withSchemas says what `with` holds for each check, and for reminders.
func withSchemas(defs map[string]any) []map[string]any {
	var out []map[string]any
	for _, k := range catalogue {
		if k.kind != Check {
			continue
		}
		out = append(out, map[string]any{
			"if":   map[string]any{"properties": map[string]any{string(Check): map[string]any{"const": k.name}}, "required": []string{string(Check)}},
			"then": map[string]any{"properties": map[string]any{"with": k.shape.schema(defs, "")}, "required": []string{"with"}},
		})
	}
	return append(out, map[string]any{
		"if":   map[string]any{"required": []string{string(Reminder)}},
		"then": map[string]any{"properties": map[string]any{"with": reminderShape.schema(defs, "")}},
	})
}
