package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/handlers/openapi"
	"hotleads/views"
)

// documentPath is where the description of the API stands, open to anyone.
const documentPath = "/api/v1/openapi.json"

func (s *server) apiDocument(c echo.Context) error {
	doc, err := openapi.Load()
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	c.Response().Header().Set("Access-Control-Allow-Origin", "*") // tools in browsers read it, too
	return c.Blob(http.StatusOK, "application/json", doc.JSON)
}

// apiDocs is the page on which people read the description.
func (s *server) apiDocs(c echo.Context) error {
	doc, err := openapi.Load()
	if err != nil {
		return err
	}
	p := s.page(c, "")
	p.Title = "API"
	return s.render(c, http.StatusOK, views.APIDocsPage(p, apiDocsOf(doc, s.base(c.Request()))))
}

// apiDocsOf is the document as its page shows it; base is where the server is.
func apiDocsOf(doc *openapi.Document, base string) views.APIDocs {
	m := views.APIDocs{About: views.Prose(doc.About), Document: documentPath}
	for _, tag := range doc.Tags {
		g := views.APIGroup{Name: tag.Name, About: tag.Description}
		for _, o := range doc.Operations {
			if o.Tag == tag.Name {
				g.Operations = append(g.Operations, apiOperationOf(o, base))
			}
		}
		m.Groups = append(m.Groups, g)
	}
	for _, sch := range doc.Schemas {
		out := views.APISchema{Name: sch.Name, Type: sch.Type, Text: views.Line(sch.Description), Example: sch.Example}
		for _, f := range sch.Fields {
			out.Fields = append(out.Fields, views.APIField{Name: f.Name, Type: f.Type, Ref: f.Ref, Text: views.Line(f.Description), Required: f.Required && sch.Sent})
		}
		m.Schemas = append(m.Schemas, out)
	}
	return m
}

func apiOperationOf(o openapi.Operation, base string) views.APIOperation {
	out := views.APIOperation{
		ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, About: views.Prose(o.Description), Open: o.Open,
		Body: o.Body, BodyOptional: !o.BodyRequired, Curl: curl(o, base),
	}
	for _, p := range o.Parameters {
		out.Parameters = append(out.Parameters, views.APIField{Name: p.Name, Type: p.Type, Ref: p.Ref, Text: views.Line(p.Description)})
	}
	for _, a := range o.Answers {
		answer := views.APIAnswer{Status: a.Status, Schema: a.Schema, Text: views.Line(a.Description)}
		if answer.Schema == "Problem" {
			answer.Schema = "" // every refusal is one
		}
		out.Answers = append(out.Answers, answer)
	}
	return out
}

// curl is a call of an operation as one types it, with the examples of the document.
func curl(o openapi.Operation, base string) string {
	path, query := o.Path, url.Values{}
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", p.Example)
		case p.Example != "":
			query.Set(p.Name, p.Example)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var b strings.Builder
	b.WriteString("curl")
	if o.Method != http.MethodGet && (o.Method != http.MethodPost || o.Example == "") {
		b.WriteString(" -X " + o.Method)
	}
	if !o.Open {
		b.WriteString(" -H \"Authorization: Bearer $API_KEY\" \\\n ")
	}
	b.WriteString(" '" + base + path + "'")
	switch {
	case o.Example == "" && o.Body != "":
		b.WriteString(" -d @" + strings.ToLower(o.Body) + ".json")
	case o.Example != "":
		b.WriteString(" \\\n  -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(o.Example, "'", `'\''`) + "'")
	}
	return b.String()
}
