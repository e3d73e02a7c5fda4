package scoring

// DefaultModel is the model that a new agreement starts from. Its arithmetic:
// two comparisons and a pricing view at fit 0 make 50; a comparison and a
// pricing view at fit 25 make 55; content alone makes no MQL.
func DefaultModel() Model {
	return Model{
		Threshold:       48, // 50 would be missed by minutes of decay
		HalfLifeDays:    14,
		FitLimit:        ptr(0.7),
		IntentPoints:    15,
		RequalifyPoints: 20,
		Tiers:           Tiers{Warm: 48, Hot: 75, Fire: 120},
		Behaviour:       defaultBehaviour(),
		Fit:             defaultFit(),
	}
}

func defaultBehaviour() []Rule {
	return []Rule{
		{ID: "demo_requested", Label: "requested a demo", When: on("Demo Requested"), Points: 40, Cap: ptr(40), HandRaise: true, Intent: true},
		{ID: "contact_sales_requested", Label: "asked for a call", When: on("Contact Sales Requested"), Points: 40, Cap: ptr(40), HandRaise: true, Intent: true},
		{ID: "trial_started", Label: "started a trial", When: on("Trial Started"), Points: 30, Cap: ptr(30), Intent: true},
		{ID: "products_compared", Label: "compared products", When: on("Products Compared"), Points: 20, Cap: ptr(40), Intent: true, Detail: "compared {products}"},
		{ID: "replied", Label: "replied to a mail", When: on("Replied"), Points: 15, Cap: ptr(30), Intent: true},
		{ID: "chat_started", Label: "started a chat", When: on("Chat Started"), Points: 15, Cap: ptr(30), Intent: true},
		{ID: "pricing_viewed", Label: "looked at pricing", When: onPage("Pricing Viewed", "/pricing"), Points: 10, Cap: ptr(30), OncePer: 30, Intent: true},
		{ID: "webinar_viewed", Label: "watched a webinar", When: on("Webinar Viewed"), Points: 5, Cap: ptr(15), Detail: "webinar “{title|name|webinar}”"},
		{ID: "case_study_viewed", Label: "read a case study", When: on("Case Study Viewed"), Points: 5, Cap: ptr(10), Detail: "case study {customer|title|name}"},
		{ID: "email_link_clicked", Label: "clicked a link in a mail", When: on("Email Link Clicked"), Points: 3, Cap: ptr(6)},
		{ID: "email_opened", Label: "opened a mail", When: on("Email Opened"), Points: 1, Cap: ptr(2)},
		{ID: "page_viewed", Label: "visited the site", When: on("Page Viewed"), Points: 1, Cap: ptr(5)},
		{ID: "careers_viewed", Label: "looked at careers", When: onPage("Careers Viewed", "/careers"), Points: -15, Cap: ptr(15)},
		{ID: "unsubscribed", Label: "unsubscribed", When: on("Unsubscribed"), Points: -30, Cap: ptr(30)},
	}
}

// Titles are matched by whole words: "International" is no intern, "Product
// Owner" owns no company, "management consultant" is no manager.
const (
	topTitle     = `\b(c[defimoprst]o|cco|ciso|chro|c-level|chief|president|[aes]?vp|head|managing director|(co-?)?founder|business owner)\b|^(co-?)?owner\b`
	managerTitle = `\b(director|manager|mgr)\b`
	studentTitle = `\b(student|intern|internship)\b`
)

func defaultFit() []FitRule {
	return []FitRule{
		{ID: "title_top", Label: "C-level, VP or head", Where: where("title", OpMatches, topTitle), Points: 15, Group: "seniority"},
		{ID: "title_manager", Label: "director or manager", Where: where("title", OpMatches, managerTitle), Points: 10, Group: "seniority"},
		{ID: "employees_50_1000", Label: "50–1,000 people", Where: where("employees", OpBetween, []any{50.0, 1000.0}), Points: 10, Group: "size"},
		{ID: "employees_11_49", Label: "11–49 people", Where: where("employees", OpBetween, []any{11.0, 49.0}), Points: 5, Group: "size"},
		{ID: "email_business", Label: "business mail", Where: where("email_kind", OpIs, "business"), Points: 5},
		{ID: "email_free", Label: "free mail", Where: where("email_kind", OpIs, "free"), Points: -5},
		{ID: "title_student", Label: "student or intern", Where: where("title", OpMatches, studentTitle), Points: -20},
		{ID: "country_target", Label: "target country", Where: where("country", OpOneOf, []any{}), Points: 5},
		{ID: "industry_target", Label: "target industry", Where: where("industry", OpOneOf, []any{}), Points: 5},
	}
}

// on fires at an event.
func on(event string) []Trigger { return []Trigger{{Event: event}} }

// onPage fires at an event and at a view of a page under a path, as one rule
// with one cap.
func onPage(event, path string) []Trigger {
	return []Trigger{{Event: event}, {Event: "Page Viewed", Where: where("path", OpStartsWith, path)}}
}

func where(field, op string, value any) []Condition {
	return []Condition{{Field: field, Op: op, Value: value}}
}

func ptr(v float64) *float64 { return &v }
