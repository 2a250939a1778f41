package wecomcontact

import "context"

// maxWelcome is the most bytes of a welcome template (path 92366).
const maxWelcome = 3000

type template struct {
	ID     string   `json:"template_id,omitempty"`
	Text   taskText `json:"text,omitzero"`
	Notify int      `json:"notify,omitempty"`
}

type templateMade struct {
	ID string `json:"template_id"`
}

// keepWelcome makes the welcome template, or brings its text in step. Making one
// notifies the owners of groups: it is they who choose it in their client, no
// interface can. A failure is no trouble of the connection.
func (c *Contact) keepWelcome(ctx context.Context) {
	id, text, err := c.opts.Store.Template(ctx)
	if err == nil && text == c.opts.Welcome {
		return
	}
	if err == nil {
		err = c.setWelcome(ctx, id)
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("wecomcontact: the welcome template could not be brought in step", "err", err)
	}
}

func (c *Contact) setWelcome(ctx context.Context, id string) error {
	var made templateMade
	switch {
	case c.opts.Welcome == "":
		err := c.api.post(ctx, "group_welcome_template/del", template{ID: id}, &made)
		if err != nil && !refused(err) {
			return err
		}
		return c.opts.Store.KeepTemplate(ctx, "", "")
	case id != "":
		err := c.api.post(ctx, "group_welcome_template/edit", template{ID: id, Text: taskText{c.opts.Welcome}}, &made)
		if err == nil {
			return c.opts.Store.KeepTemplate(ctx, id, c.opts.Welcome)
		}
		if !refused(err) {
			return err
		}
		fallthrough // somebody has deleted it in the console
	default:
		if err := c.api.post(ctx, "group_welcome_template/add", template{Text: taskText{c.opts.Welcome}, Notify: 1}, &made); err != nil {
			return err
		}
		return c.opts.Store.KeepTemplate(ctx, made.ID, c.opts.Welcome)
	}
}
