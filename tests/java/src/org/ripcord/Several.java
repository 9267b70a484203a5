package org.ripcord;

import java.io.IOException;
import org.apache.hadoop.ipc.ProtocolInfo;
import org.apache.hadoop.ipc.ProtocolSignature;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.VersionedProtocol;
import org.apache.hadoop.ipc.WritableRpcEngine;

/** Protocols of Writables beside the test protocol: Foo in two versions, and Bar. */
final class Several {
  private Several() {}

  /** Foo, version 0. */
  @ProtocolInfo(protocolName = "org.ripcord.Foo", protocolVersion = 0)
  public interface Foo0 {
    String ping(String text) throws IOException;
  }

  /** Foo, version 1. */
  @ProtocolInfo(protocolName = "org.ripcord.Foo", protocolVersion = 1)
  public interface Foo1 {
    String ping(String text) throws IOException;
  }

  /** Bar is called like its class. */
  public interface Bar extends VersionedProtocol {
    long versionID = 2;

    int mix(String text, int number) throws IOException;
  }

  private static final class Implementation implements Bar {
    @Override
    public int mix(String text, int number) {
      return text.length() + number;
    }

    @Override
    public long getProtocolVersion(String protocol, long clientVersion) throws IOException {
      if (protocol.equals(Bar.class.getName())) {
        return versionID;
      }
      throw new IOException("Unknown protocol: " + protocol);
    }

    @Override
    public ProtocolSignature getProtocolSignature(String protocol, long version, int hash)
        throws IOException {
      return ProtocolSignature.getProtocolSignature(this, protocol, version, hash);
    }
  }

  static void add(RPC.Server server) {
    WritableRpcEngine.ensureInitialized();
    Foo0 older = text -> "0 " + text;
    Foo1 newer = text -> "1 " + text;
    server.addProtocol(RPC.RpcKind.RPC_WRITABLE, Foo0.class, older);
    server.addProtocol(RPC.RpcKind.RPC_WRITABLE, Foo1.class, newer);
    server.addProtocol(RPC.RpcKind.RPC_WRITABLE, Bar.class, new Implementation());
  }
}
