-- What a QR code of the platform says, where it tells it: a poster draws the
-- same code itself. Codes of before are asked for again with their poster.
ALTER TABLE invite_links ADD COLUMN qr_text TEXT NOT NULL DEFAULT '';
