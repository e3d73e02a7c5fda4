package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretFile stands beside the SQLite file and holds the secret key that was
// made where none was set.
const secretFile = "secret.key"

// secretKey is the one of the settings, else the one kept beside the SQLite
// file, which is made the first time.
func secretKey(s settings) ([]byte, error) {
	if s.SecretKey != "" {
		return []byte(s.SecretKey), nil
	}
	path := filepath.Join(filepath.Dir(strings.TrimPrefix(s.DatabaseURL, "sqlite:")), secretFile)
	if err := makeSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keep a secret key: %w", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if len(secret) < minSecret {
		return nil, fmt.Errorf("%s holds %d bytes, want at least %d: delete it and start again", path, len(secret), minSecret)
	}
	return []byte(secret), nil
}

// makeSecret writes a new key where none is yet, else fs.ErrExist. It is linked
// into place whole, so that of instances that start at once each reads the same.
func makeSecret(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	key := make([]byte, minSecret)
	rand.Read(key)
	f, err := os.CreateTemp(filepath.Dir(path), secretFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(f.Name(), path) // a file system without links
}
