package main

import (
	"net/http"

	"qunmate/templates"
)

// verifyPath is the page on which everybody computes a receipt again, in his
// own browser: nothing is sent anywhere.
const verifyPath = "/verify"

// mountVerify serves the page and its files.
func mountVerify(mux *http.ServeMux) {
	files := http.StripPrefix(verifyPath, http.FileServerFS(templates.VerifyFiles()))
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		// The page may load its own files and talk to nobody.
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		files.ServeHTTP(w, r)
	})
	mux.Handle("GET "+verifyPath+"/", page)
	mux.Handle("GET "+verifyPath, http.RedirectHandler(verifyPath+"/", http.StatusMovedPermanently))
}
