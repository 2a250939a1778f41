package wechattest

import "fmt"

// Button is one entry of the account's menu.
type Button struct {
	Type string   `json:"type,omitempty"`
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"`
	URL  string   `json:"url,omitempty"`
	Sub  []Button `json:"sub_button,omitempty"`
}

func (s *Server) menuCreate(body []byte) any {
	var m struct {
		Button []Button `json:"button"`
	}
	if r := s.read("menu/create", body, &m); r != nil {
		return r
	}
	if r := checkMenu(m.Button); r != nil {
		s.problemLocked("menu/create: %s", r.Msg)
		return r
	}
	s.menu, s.foreign = m.Button, false
	return fine
}

// checkMenu holds the limits of menu/create: 1 to 3 buttons of at most 16
// bytes, each with 1 to 5 of at most 60 bytes below it, keys of at most 128.
func checkMenu(menu []Button) *refusal {
	if len(menu) < 1 || len(menu) > 3 {
		return failure(40016, fmt.Sprintf("invalid button size: %d", len(menu)))
	}
	for _, b := range menu {
		if b.Name == "" || len(b.Name) > 16 {
			return failure(40018, fmt.Sprintf("invalid button name size: %q", b.Name))
		}
		if len(b.Sub) == 0 {
			if r := checkLeaf(b); r != nil {
				return r
			}
			continue
		}
		if len(b.Sub) > 5 || b.Type != "" || b.Key != "" {
			return failure(40023, "invalid sub button size")
		}
		for _, sub := range b.Sub {
			if sub.Name == "" || len(sub.Name) > 60 {
				return failure(40025, fmt.Sprintf("invalid sub button name size: %q", sub.Name))
			}
			if len(sub.Sub) > 0 {
				return failure(40022, "invalid sub button level")
			}
			if r := checkLeaf(sub); r != nil {
				return r
			}
		}
	}
	return nil
}

func checkLeaf(b Button) *refusal {
	if b.Type != "click" && b.Type != "view" {
		return failure(40017, fmt.Sprintf("invalid button type %q", b.Type))
	}
	if b.Type == "click" && (b.Key == "" || len(b.Key) > 128) {
		return failure(40019, "invalid button key size")
	}
	return nil
}

func (s *Server) menuGet([]byte) any {
	if len(s.menu) == 0 || s.foreign {
		return failure(46003, "menu no exist")
	}
	return map[string]any{"menu": map[string]any{"button": s.menu}}
}

// selfMenu shows the menu however it was made. Its form differs from menu/get:
// the buttons below another one are in a list of their own.
func (s *Server) selfMenu([]byte) any {
	type entry map[string]any
	var form func([]Button) []entry
	form = func(list []Button) []entry {
		out := []entry{}
		for _, b := range list {
			e := entry{"name": b.Name}
			if len(b.Sub) > 0 {
				e["sub_button"] = map[string]any{"list": form(b.Sub)}
			} else {
				e["type"] = b.Type
				if b.Key != "" {
					e["key"] = b.Key
				}
				if b.URL != "" {
					e["url"] = b.URL
				}
			}
			out = append(out, e)
		}
		return out
	}
	open := 0
	if len(s.menu) > 0 {
		open = 1
	}
	return map[string]any{"is_menu_open": open, "selfmenu_info": map[string]any{"button": form(s.menu)}}
}

// Menu is the account's menu as it is now.
func (s *Server) Menu() []Button {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Button(nil), s.menu...)
}

// SetMenu puts up a menu as the account's owner does by hand in the console.
func (s *Server) SetMenu(menu ...Button) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.menu, s.foreign = menu, true
}
