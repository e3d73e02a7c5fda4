package views_test

import "hotleads/views"

// sampleAPIDocs has each thing once that the page can show.
func sampleAPIDocs() views.APIDocs {
	lead := views.APISchema{Name: "Lead", Type: "object", Text: views.Line("A person."), Example: "{\n  \"id\": \"1\"\n}", Fields: []views.APIField{
		{Name: "id", Type: "text", Text: views.Line("Of this installation."), Required: true}, {Name: "stage", Type: "Stage", Ref: "Stage"},
	}}
	return views.APIDocs{
		About: views.Prose("What a `key` opens.\n\n- **one**\n- two"), Document: "/api/v1/openapi.json",
		Groups: []views.APIGroup{{Name: "Leads", About: "Who they are.", Operations: []views.APIOperation{{
			ID: "addLead", Method: "POST", Path: "/api/v1/leads", Summary: "Add a lead", About: views.Prose("By hand."), Body: "Lead", BodyOptional: true,
			Parameters: []views.APIField{{Name: "limit", Type: "whole number", Text: views.Line("How many.")}},
			Curl:       "curl -H \"Authorization: Bearer $API_KEY\" \\\n  'http://localhost:8080/api/v1/leads' \\\n  -H 'Content-Type: application/json' -d '{}'",
			Answers:    []views.APIAnswer{{Status: "201", Schema: "Lead", Text: views.Line("The lead.")}, {Status: "401", Text: views.Line("No key.")}},
		}}}},
		Schemas: []views.APISchema{lead, {Name: "Stage", Type: "nurture, mql", Text: views.Line("Where it stands.")}},
	}
}
