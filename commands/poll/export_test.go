package poll

// Native is exported for its tests.
var Native = native
