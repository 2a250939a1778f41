package templates

import "fmt"

// Sound looks through all texts, as Load does with an operator's own.
func (s *Set) Sound() error {
	for lang, families := range s.texts {
		for family, t := range families {
			if err := sound(t); err != nil {
				return fmt.Errorf("%s/%s: %w", lang, family, err)
			}
		}
	}
	return nil
}
