package lead_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"hotleads/lead"
)

// Every constant of the type Deed stands in Deeds, once.
func TestDeedsAreAll(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var named []lead.Deed
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != "Deed" {
				return true
			}
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				named = append(named, lead.Deed(text))
			}
			return true
		})
	}
	slices.Sort(named)
	all := slices.Sorted(slices.Values(lead.Deeds))
	if len(named) == 0 || !slices.Equal(named, all) {
		t.Errorf("named: %q\nDeeds: %q", named, all)
	}
}
