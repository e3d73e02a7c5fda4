package views

// APIDocs is what the page of the JSON API tells.
type APIDocs struct {
	About    []Block
	Document string // path of the document itself
	Groups   []APIGroup
	Schemas  []APISchema
}

// APIGroup is operations that belong together.
type APIGroup struct {
	Name, About string
	Operations  []APIOperation
}

// APIOperation is what one method does at one path.
type APIOperation struct {
	ID, Method, Path, Summary string
	About                     []Block
	Open                      bool // without a key
	Parameters                []APIField
	Body                      string // the schema of what is sent; "": nothing is
	BodyOptional              bool
	Curl                      string
	Answers                   []APIAnswer
}

// APIField is a parameter or a member of an object.
type APIField struct {
	Name, Type string
	Ref        string // the schema of its value; "": none with a name
	Text       []Span
	Required   bool
}

// APIAnswer is one status of an operation.
type APIAnswer struct {
	Status, Schema string
	Text           []Span
}

// APISchema is an object that is sent or answered, or a value with a name.
type APISchema struct {
	Name, Type string
	Text       []Span
	Fields     []APIField
	Example    string
}
