package main

import (
	"context"

	"qunmate/commands/settings"
	"qunmate/storage"
)

// announce prints what the operator needs at a start: the page's address, and
// at the first start the one-time code that makes him the operator.
func (h *house) announce(ctx context.Context) error {
	if base := h.doors.base(); base != "" && h.doors.page != nil {
		h.program.say("cli.sandbox", map[string]any{"Address": base + "/", "Database": h.cfg.Database})
	}
	code, err := h.claimCode(ctx)
	if err != nil || code == "" {
		return err
	}
	h.program.say("cli.claim", map[string]any{"Code": code})
	return nil
}

// settingClaimMade remembers that a code was printed: it is printed once.
const settingClaimMade = "claim_code_made"

// claimCode makes the one-time code at the first start.
func (h *house) claimCode(ctx context.Context) (string, error) {
	code := ""
	err := h.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		made, err := tx.Setting(ctx, settingClaimMade)
		if err != nil || made != "" || len(h.cfg.Admins) > 0 {
			return err
		}
		var sum string
		code, sum = settings.NewClaimCode(random)
		if err := tx.SetSetting(ctx, storage.SettingClaimCode, sum); err != nil {
			return err
		}
		return tx.SetSetting(ctx, settingClaimMade, "1")
	})
	return code, err
}
