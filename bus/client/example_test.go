package client_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/zmq"
)

// Read a bus until the first message arrives.
func ExampleClient_Tail() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// A bus to listen to. Programs read where it is from the settings:
	// config.Load(ctx, config.Options{}).
	publisher, err := zmq.Listen(ctx, "tcp://127.0.0.1:*", zmq.PublisherOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer publisher.Close(ctx)
	settings := &config.Settings{
		Endpoints: []config.Endpoint{{Name: "example", Address: publisher.Endpoint()}},
		Topics:    []string{"org.example"},
	}
	go func() {
		if publisher.WaitSubscriber(ctx, "org.example") == nil {
			publisher.Send([]byte("org.example.dev.greeting"),
				[]byte(`{"msg":{"text":"hello"},"msg_id":"2026-1","topic":"org.example.dev.greeting"}`))
		}
	}()

	c, err := client.New(settings)
	if err != nil {
		log.Fatal(err)
	}
	for message, err := range c.Tail(ctx) {
		if err != nil {
			log.Print(err) // an endpoint is away; Tail goes on trying
			continue
		}
		fmt.Println(message.MsgID(), message.EnvelopeTopic())
		break
	}
	// Output: 2026-1 org.example.dev.greeting
}
