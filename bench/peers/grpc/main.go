// Command grpc is a gRPC server that returns what it is sent, whatever the method: the server that
// grpcurl calls, as `ripcord serve test` is the one of `ripcord call`.
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
)

// bare leaves messages as they came: no code is generated for them.
type bare struct{}

func (bare) Name() string { return "bare" }

func (bare) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (bare) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = bytes.Clone(data)
	return nil
}

func echo(_ any, stream grpc.ServerStream) error {
	var message []byte
	if err := stream.RecvMsg(&message); err != nil {
		return err
	}
	return stream.SendMsg(&message)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := grpc.NewServer(grpc.ForceServerCodec(bare{}), grpc.UnknownServiceHandler(echo))
	log.Fatal(server.Serve(listener))
}
