package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

const bodyBytes = 1200

// sender is a publisher that costs next to nothing: it shakes hands as ZMTP 3.0
// (rfc.zeromq.org/spec/23) wants it, waits for a subscription, and then writes
// the same block of encoded messages over and over.
type sender struct {
	listener net.Listener
	began    time.Time
	done     chan error
}

func listen(count int) (*sender, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sender{listener: l, done: make(chan error, 1)}
	go func() { s.done <- s.serve(count) }()
	return s, nil
}

func (s *sender) endpoint() string { return "tcp://" + s.listener.Addr().String() }

func (s *sender) serve(count int) error {
	defer s.listener.Close()
	c, err := s.listener.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return err
	}
	greeting := make([]byte, 64)
	greeting[0], greeting[8], greeting[9], greeting[10] = 0xff, 1, 0x7f, 3
	copy(greeting[12:], "NULL")
	if _, err := c.Write(greeting); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, make([]byte, 64)); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	ready := append([]byte("\x05READY\x0bSocket-Type\x00\x00\x00\x04XPUB"), []byte("\x08Identity\x00\x00\x00\x00")...)
	if _, err := c.Write(append([]byte{4, byte(len(ready))}, ready...)); err != nil {
		return err
	}
	for range 2 { // READY, and the subscription
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
		if _, err := io.CopyN(io.Discard, c, int64(head[1])); err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
	}
	const perBlock = 200
	block := bytes.Repeat(encoded(), perBlock)
	s.began = time.Now()
	for sent := 0; sent < count; sent += perBlock {
		n := min(perBlock, count-sent)
		if _, err := c.Write(block[:n*len(block)/perBlock]); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	// The receiver closes when it has them all.
	// How it closes is its own affair: measure looks at what it received.
	_, _ = io.Copy(io.Discard, c)
	return nil
}

// encoded is one message as ZMTP frames.
func encoded() []byte {
	topic := "org.fedoraproject.prod.buildsys.task.state.change12"
	body := `{"i":17,"msg":{"attribute":"state","id":6380373,"method":"build","new":"OPEN","old":"FREE","owner":"nobody","srpm":"a-package-1.0-1.fc41.src.rpm","log":"`
	tail := `"},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-000000000001","timestamp":1795437003,"topic":"` + topic + `","username":"apache"}`
	for len(body)+len(tail) < bodyBytes {
		body += "x"
	}
	body += tail
	out := append([]byte{1, byte(len(topic))}, topic...)
	out = append(out, 2)
	out = binary.BigEndian.AppendUint64(out, uint64(len(body)))
	return append(out, body...)
}
