package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"hotleads/lead"
)

// argon2id as OWASP's password storage cheat sheet has it: 19 MiB, 2 passes, 1 lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonLength = 32
)

// hashing bounds how many passwords are hashed at a time: each takes 19 MiB.
var hashing = make(chan struct{}, 4)

// HashPassword is the argon2id hash of a new password in PHC form. One that
// lead.CheckPassword refuses is lead.ErrInvalid; about is what the person is called.
func HashPassword(password string, about ...string) (string, error) {
	if err := lead.CheckPassword(password, about...); err != nil {
		return "", err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	hash, err := argon(context.Background(), password, salt)
	if err != nil {
		return "", err
	}
	return phc + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(hash), nil
}

// argon waits for its turn to hash; lead.ErrUnavailable where the context ends first.
func argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: too many sign in at once: %w", lead.ErrUnavailable, ctx.Err())
	}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonLength), nil
}

// phc is how a hash begins that HashPassword makes.
var phc = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonLanes)

// checkPassword tells whether the password is the hashed one, in the same time
// for a broken hash.
func checkPassword(ctx context.Context, hash, password string) (bool, error) {
	var salt, want []byte
	if own, ok := strings.CutPrefix(hash, phc); ok {
		first, second, _ := strings.Cut(own, "$")
		salt, _ = base64.RawStdEncoding.DecodeString(first)
		want, _ = base64.RawStdEncoding.DecodeString(second)
	}
	got, err := argon(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// SignIn finds the person with that address and password. A wrong address, a
// wrong password and a disabled person are one lead.ErrForbidden, after the
// same work. Where too many sign in at once for the context to wait, it is
// lead.ErrUnavailable.
func (s *Store) SignIn(ctx context.Context, email, password string) (lead.User, error) {
	u, err := s.User(ctx, email)
	if err != nil && !isNotFound(err) {
		return lead.User{}, err
	}
	right, err := checkPassword(ctx, u.Password, password)
	if err != nil {
		return lead.User{}, err
	}
	if !right || !u.Active() || u.Email != lead.NormalEmail(email) {
		return lead.User{}, &lead.Refusal{Kind: lead.ErrForbidden, Text: "the address or the password is wrong"}
	}
	return u, nil
}

// NewKey makes a key and returns its secret, which is stored only as a hash.
func (s *Store) NewKey(ctx context.Context, by lead.Actor, kind lead.KeyKind, name string, now time.Time) (string, lead.Key, error) {
	b := make([]byte, 24)
	rand.Read(b)
	secret := "hl_" + string(kind) + "_" + base64.RawURLEncoding.EncodeToString(b)
	k, err := s.AddKey(ctx, by, lead.Key{Kind: kind, Name: name, Hint: secret[:len(secret)-28]}, keyHash(secret), now)
	return secret, k, err
}

// keyed is a text's HMAC under the installation's secret, as it is stored. The
// text begins with what it is for, so that the hash of one thing is never that
// of another.
func keyed(secret []byte, text string) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text)) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// newToken is 192 random bits: no salt, no stretching and no throttle is needed.
func newToken() string {
	b := make([]byte, 24)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// keyHash needs no salt and no stretching: a key is 192 random bits.
func keyHash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Key finds the living key with that secret; lead.ErrNotFound else.
func (s *Store) Key(ctx context.Context, secret string) (lead.Key, error) {
	return s.KeyByHash(ctx, keyHash(secret))
}

func isNotFound(err error) bool { return errors.Is(err, lead.ErrNotFound) }
