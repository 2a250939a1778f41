package tgtest

import (
	"net/http"

	"qunmate/bot/platform/internal/memhttp"
)

// Transport carries requests to the server without a socket. In a synctest
// bubble a socket would keep the fake clock from moving; make the server
// inside the bubble with NewServer.
func (s *Server) Transport() http.RoundTripper { return memhttp.Transport{Handler: s} }
