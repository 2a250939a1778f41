package feedback

// For the tests of what is typed.
var (
	Clean   = clean
	Excerpt = excerpt
)
