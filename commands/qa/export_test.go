package qa

// For the tests of the rules.
var (
	Clean   = clean
	Excerpt = excerpt
	Same    = same
)
