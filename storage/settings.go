package storage

import (
	"context"
	"errors"
	"fmt"
)

// Names of settings: facts about this installation that are no configuration.
const (
	SettingClockOffset   = "clock_offset_ms" // how far the sandbox moved the clock
	SettingClaimCode     = "claim_code_sha256"
	SettingHighWater     = "high_water_ms"   // the latest instant that was ever committed
	settingWebhookSecret = "webhook_secret:" // + connection kind and name
)

// Setting reads a setting, "" if it was never set.
func (r *Reader) Setting(ctx context.Context, name string) (string, error) {
	var v string
	err := classify(r.q.row(ctx, "SELECT value FROM settings WHERE name = ?", name).Scan(&v))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return v, err
}

// SetSetting writes a setting; an empty value removes it.
func (tx *Tx) SetSetting(ctx context.Context, name, value string) error {
	var err error
	if value == "" {
		_, err = tx.q.exec(ctx, "DELETE FROM settings WHERE name = ?", name)
	} else {
		_, err = tx.q.exec(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
	}
	return classify(err)
}

// StoredSecret reads what WebhookSecret has stored, "" if it has made none.
func (r *Reader) StoredSecret(ctx context.Context, connection string) (string, error) {
	return r.Setting(ctx, settingWebhookSecret+connection)
}

// WebhookSecret returns the stored secret of a callback connection, making
// one with generate at the first call.
func (tx *Tx) WebhookSecret(ctx context.Context, connection string, generate func() string) (string, error) {
	name := settingWebhookSecret + connection
	v, err := tx.Setting(ctx, name)
	if err != nil || v != "" {
		return v, err
	}
	v = generate()
	if err := tx.SetSetting(ctx, name, v); err != nil {
		return "", fmt.Errorf("webhook secret: %w", err)
	}
	return v, nil
}
