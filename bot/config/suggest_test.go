package config

import (
	"reflect"
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"name", "token", "base_url", "mode", "webhook_secret"}
	for word, want := range map[string]string{
		"tokn": "token", "Token": "token", "base-url": "base_url", "baseurl": "base_url", "bot_token": "token", "secret": "webhook_secret",
		"webhooksecret": "webhook_secret", "modus": "mode", "namee": "name", "x": "", "colour": "", "do": "", "": "",
	} {
		if got, ok := nearest(word, names); got != want || ok != (want != "") {
			t.Errorf("nearest(%q) = %q, %v", word, got, ok)
		}
	}
}

func TestNearestZone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Beijing": "Asia/Shanghai", "Asia/Beijing": "Asia/Shanghai", "北京": "Asia/Shanghai", "UTC+8": "Asia/Shanghai", "GMT+08:00": "Asia/Shanghai",
		"Shanghai": "Asia/Shanghai", "asia/shanghai": "Asia/Shanghai", "Asia/Shangai": "Asia/Shanghai", "Shanghay": "Asia/Shanghai",
		"Asia-Shanghai": "Asia/Shanghai", "": "Asia/Shanghai", "/": "Asia/Shanghai", "Local": "Asia/Shanghai", "zzzz": "Asia/Shanghai",
		"new york": "America/New_York", "London": "Europe/London", "Europe/Berln": "Europe/Berlin", "Tokio": "Asia/Tokyo",
		"kuala_lumpur": "Asia/Kuala_Lumpur", "Hongkong": "Asia/Hong_Kong", "utc": "Etc/Utc",
	} {
		got := nearestZone(name)
		if name == "utc" {
			want = got // any of its names
		}
		if got != want || !zoneOK(got) {
			t.Errorf("nearestZone(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for _, zone := range commonZones() {
		if !zoneOK(zone) {
			t.Errorf("%s is in the list and is none", zone)
		}
	}
	for _, name := range []string{"", "Local", "localtime", "posixrules", "right/Asia/Shanghai", "posix/UTC", "../etc/passwd", "/etc/localtime", "Asia", "Asia/", "Asia/Shanghai\x00", "asia/shanghai "} {
		if zoneOK(name) {
			t.Errorf("%q is taken for a zone", name)
		}
	}
}

func TestLikelyTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4:00": "04:00", "4": "04:00", "5:30": "05:30", "6：15": "06:15", "0630": "06:30", "630": "06:30", "24:00": "04:00", "noon": "04:00", "": "04:00", "7h": "04:00",
	} {
		if got := likelyTime(text); got != want {
			t.Errorf("likelyTime(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSchemaKnowsEveryPlace(t *testing.T) {
	t.Parallel()
	s := schemaOf(reflect.TypeFor[Config]())
	if !slices.ContainsFunc(s, func(e entry) bool { return e.path == "wecom.apps[].encoding_aes_key" }) {
		t.Errorf("%v", s)
	}
	for _, e := range s {
		if e.example == "" {
			t.Errorf("%s has no example", e.path)
		}
	}
	if got := s.example("telegram[3].mode"); got != "mode: polling" {
		t.Error(got)
	}
	if place, ok := s.placeOf("mention"); !ok || place != "wecom.aibots[].mention" {
		t.Error(place)
	}
	if _, ok := s.placeOf("token"); ok {
		t.Error("token has several places")
	}
}
