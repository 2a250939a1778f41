package templates

import "fmt"

// Sound looks through all texts, as Load does with an operator's own.
func (s *Set) Sound() error {
	for lang, families := range s.texts {
		for name, f := range families {
			t, err := f()
			if err != nil {
				return err
			}
			if err := sound(t); err != nil {
				return fmt.Errorf("%s/%s: %w", lang, name, err)
			}
		}
	}
	return nil
}
