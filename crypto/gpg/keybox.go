package gpg

import "encoding/binary"

// GnuPG's keybox (kbx/keybox-blob.c): blobs, each with its length, its type,
// a version and flags. The first one is a header.
const (
	blobHeader    = 1
	blobOpenPGP   = 2 // X.509 is 3, deleted ones are 0
	blobEphemeral = 2 // flag: GnuPG itself leaves these out, too
)

func isKeybox(b []byte) bool {
	return len(b) >= 12 && b[4] == blobHeader && string(b[8:12]) == "KBXf"
}

// readKeybox gives the key in every OpenPGP blob, as packets, or what is wrong
// with the blob. The checksums of blobs are not looked at, as GnuPG does not
// either: the keys are signed.
func readKeybox(b []byte, give func(key []byte) error, problem func(format string, args ...any)) error {
	for at := 0; at < len(b); {
		left := b[at:]
		if len(left) < 5 {
			problem("reading ends at byte %d: the keybox is cut off", at)
			return nil
		}
		size := binary.BigEndian.Uint32(left)
		if size < 5 || uint64(size) > uint64(len(left)) {
			problem("reading ends at byte %d: a blob of the keybox has a wrong length", at)
			return nil
		}
		if blob := left[:size]; blob[4] == blobOpenPGP {
			key, ephemeral, ok := openPGPBlob(blob)
			if !ok {
				problem("the keybox's blob at byte %d is skipped: its key lies outside of it", at)
			} else if !ephemeral {
				if err := give(key); err != nil {
					return err
				}
			}
		}
		at += int(size)
	}
	return nil
}

func openPGPBlob(blob []byte) (key []byte, ephemeral, ok bool) {
	if len(blob) < 16 {
		return nil, false, false
	}
	flags := binary.BigEndian.Uint16(blob[6:])
	start, size := uint64(binary.BigEndian.Uint32(blob[8:])), uint64(binary.BigEndian.Uint32(blob[12:]))
	if start+size > uint64(len(blob)) {
		return nil, false, false
	}
	return blob[start : start+size], flags&blobEphemeral != 0, true
}
