package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// web checks the addresses we listen on and are reached at.
func (k checker) web() {
	if k.usable("http.listen") && !listenOK(k.HTTP.Listen) {
		k.wrong("http.listen", codeBadListen, "example", k.schema.example("http.listen"))
	}
	if k.HTTP.PublicListen != "" && k.usable("http.public_listen") {
		switch {
		case !listenOK(k.HTTP.PublicListen):
			k.wrong("http.public_listen", codeBadListen, "example", k.schema.example("http.public_listen"))
		case k.HTTP.PublicListen == k.HTTP.Listen && !strings.HasSuffix(k.HTTP.Listen, ":0"):
			k.wrong("http.public_listen", codeSameListen)
		}
	}
	if k.HTTP.PublicURL != "" {
		k.url("http.public_url", k.HTTP.PublicURL, codeBadPublicURL, "https")
	}
	k.url("wecom.base_url", k.WeCom.BaseURL, codeBadHTTPURL, "https", "http")
	k.url("wechat.base_url", k.WeChat.BaseURL, codeBadHTTPURL, "https", "http")
}

// url reports an address that is not complete, or has none of the schemes. The
// address itself is not repeated: some people write passwords into it.
func (k checker) url(path, value, code string, schemes ...string) {
	if k.usable(path) {
		if _, ok := parseURL(value, schemes...); !ok {
			k.wrong(path, code, "example", k.schema.example(path))
		}
	}
}

// parseURL accepts scheme://host[:port][/path] and nothing more: paths are
// appended to these addresses, so a query would swallow them, and a password in
// them would reach the log.
func parseURL(value string, schemes ...string) (*url.URL, bool) {
	u, err := url.Parse(value)
	if err != nil || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(value, "#") {
		return nil, false
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, false
		}
	}
	return u, slices.Contains(schemes, u.Scheme) && hostOK(u.Hostname())
}

var hostName = regexp.MustCompile(`^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$`)

func hostOK(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return hostName.MatchString(host) && !strings.Contains(host, "..")
}

// listenOK accepts host:port and :port; port 0 means any free one.
func listenOK(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "" && !hostOK(host) {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil && port[0] != '+'
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

var hexText = regexp.MustCompile(`^[0-9a-fA-F]*$`)

// draw checks where randomness comes from.
func (k checker) draw() {
	k.choice("draw.beacon", k.Draw.Beacon, beaconDrand, "number", "none")
	if k.Draw.Beacon == beaconDrand && len(k.Draw.URLs) == 0 {
		k.needFor("draw.urls", "", "beacon: "+beaconDrand)
	}
	for i, address := range k.Draw.URLs {
		path := fmt.Sprintf("draw.urls[%d]", i)
		if !k.usable(path) {
			continue
		}
		// A round is checked against the key, so plain http would be safe; but
		// it tells everybody on the way who draws when.
		u, ok := parseURL(address, "https", "http")
		if !ok || u.Scheme == "http" && !loopback(u.Hostname()) {
			k.wrong(path, codeBadBeaconURL)
		}
	}
	k.hex("draw.chain", k.Draw.Chain, 32)
	k.hex("draw.public_key", k.Draw.PublicKey, 96)
	if k.usable("draw.chain") && k.usable("draw.public_key") &&
		strings.EqualFold(k.Draw.Chain, quicknetChain) != strings.EqualFold(k.Draw.PublicKey, quicknetKey) {
		path := "draw.chain"
		if strings.EqualFold(k.Draw.Chain, quicknetChain) {
			path = "draw.public_key"
		}
		k.wrong(path, codeBeaconPair)
	}
}

func (k checker) hex(path, value string, bytes int) {
	if k.usable(path) && (len(value) != 2*bytes || !hexText.MatchString(value)) {
		k.wrong(path, codeBadHex, "count", strconv.Itoa(2*bytes))
	}
}
