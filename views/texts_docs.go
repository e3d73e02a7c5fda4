package views

// The words of the page that tells of the JSON API.
const (
	txtAPITitle      = "The JSON API"
	txtAPIContents   = "Contents"
	txtAPIDocument   = "For programs, this is an OpenAPI 3.1 document:"
	txtAPISchemas    = "What is sent and answered"
	txtAPIParameters = "Parameters"
	txtAPIBody       = "Body"
	txtAPIOptional   = "or nothing"
	txtAPIAnswers    = "Answers"
	txtAPIExample    = "Example"
	txtAPIRequired   = "required"
)
