package faq

// For the tests of what is typed.
var (
	ParseDraft = parseDraft
	ParseTable = parseTable
	Table      = table
)

type MistakeError = mistakeError
