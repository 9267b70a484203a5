package org.ripcord;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ipc.ProtocolSignature;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.net.NetUtils;
import org.apache.hadoop.security.UserGroupInformation;

/** How Hadoop from 2.x on is asked for a server and a proxy; their usual engine is WritableRpcEngine. */
final class Door {
  private Door() {}

  static Service service(Consumer<String> out) {
    return new Service(out) {
      @Override
      public ProtocolSignature getProtocolSignature(String protocol, long version, int hash)
          throws IOException {
        return ProtocolSignature.getProtocolSignature(this, protocol, version, hash);
      }
    };
  }

  static Server server(Service service, int handlers, Configuration conf) throws IOException {
    RPC.Server server =
        new RPC.Builder(conf)
            .setProtocol(TestProtocol.class)
            .setInstance(service)
            .setBindAddress("127.0.0.1")
            .setPort(0)
            .setNumHandlers(handlers)
            .build();
    server.addProtocol(RPC.RpcKind.RPC_WRITABLE, ObjectProtocol.class, service);
    if (conf.getBoolean("twin.policy", false)) {
      server.refreshServiceAcl(conf, new Policy());
    }
    return server;
  }

  static <T> T proxy(
      Class<T> protocol, long version, InetSocketAddress address, Configuration conf)
      throws IOException {
    int timeout = conf.getInt("ipc.client.rpc-timeout.ms", 0);
    if (timeout == 0) {
      return RPC.getProxy(protocol, version, address, conf);
    }
    return RPC.getProtocolProxy(
            protocol,
            version,
            address,
            UserGroupInformation.getCurrentUser(),
            conf,
            NetUtils.getDefaultSocketFactory(conf),
            timeout,
            null)
        .getProxy();
  }

  /** Bytes of a reply's frame in front of its value: length word and RpcResponseHeaderProto. */
  static int head() {
    int id = 1;
    for (int left = Server.getCallId() >>> 7; left > 0; left >>>= 7) {
      id++;
    }
    return 4 + 1 + (1 + id) + 2 + 2 + (2 + Server.getClientId().length) + 2;
  }
}
