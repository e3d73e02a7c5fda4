package lead

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// SchemaVersion is the version of the document's form that this program writes
// (docs/agreement.schema.json). A form that changes gets the next number and a
// step that makes the last one into it: what is stored and signed is never
// rewritten, whoever reads it takes the steps.
const SchemaVersion = 1

// upgrades are the steps between schema versions: the first from 1 to 2.
var upgrades []func(map[string]any)

// ParseAgreement reads an agreement's stored bytes, of this schema version or an
// older one. What a newer program wrote is refused.
func ParseAgreement(body []byte) (Agreement, error) {
	var a Agreement
	body, err := upgraded(body, upgrades)
	if err != nil {
		return a, fmt.Errorf("agreement: %w", err)
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("agreement: %w", err)
	}
	return a, nil
}

// upgraded brings a document to the newest schema version, which the steps lead to.
func upgraded(body []byte, steps []func(map[string]any)) ([]byte, error) {
	var head struct {
		Version int `json:"schema_version"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return nil, err
	}
	newest := 1 + len(steps)
	switch {
	case head.Version < 1 || head.Version > newest:
		return nil, Faults{{"schema_version", fmt.Sprintf("is %d; this program reads %s", head.Version, upTo(newest))}}
	case head.Version == newest:
		return body, nil
	}
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // numbers stay as they were signed
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	for _, step := range steps[head.Version-1:] {
		step(doc)
	}
	doc["schema_version"] = newest
	return json.Marshal(doc)
}

func upTo(newest int) string {
	if newest == 1 {
		return "1"
	}
	return "1 to " + strconv.Itoa(newest)
}

// ReadAgreement reads a document that somebody proposes, strictly: what can be
// left out is little, and nothing may stand in it that has no meaning. The error
// is Faults: everything that is wrong, each by its path.
func ReadAgreement(body []byte) (Agreement, error) {
	var a Agreement
	if len(body) > mostBytes {
		return a, Faults{{"", fmt.Sprintf("has %d KiB; at most %d fit", len(body)>>10, mostBytes>>10)}}
	}
	n, fault := parse(body)
	if fault != nil {
		return a, Faults{*fault}
	}
	if n.kind != '{' {
		return a, Faults{{"", n.String() + " is not an agreement; wants an object"}}
	}
	var s strict
	var rules, version Faults
	newer, err := upgraded(body, upgrades)
	if err == nil {
		n, fault = parse(newer)
	}
	if fault != nil {
		return a, Faults{*fault}
	}
	s.fill(reflect.ValueOf(&a).Elem(), n, "")
	if errors.As(err, &version) {
		s.faults = append(s.faults, version.beside(s.faults)...)
	}
	if _, err := a.Compile(0); errors.As(err, &rules) {
		s.faults = append(s.faults, rules.beside(s.faults)...)
	}
	if len(s.faults) > 0 {
		return Agreement{}, s.faults.most(mostFaults)
	}
	return a, nil
}
