package org.ripcord;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.ipc.VersionedProtocol;
import org.apache.hadoop.security.authorize.ServiceAuthorizationManager;

/** How Hadoop before 2.x is asked for a server and a proxy. */
final class Door {
  private Door() {}

  static Service service(Consumer<String> out) {
    return new Service(out) {};
  }

  static Server server(Service service, int handlers, Configuration conf) throws IOException {
    if (conf.getBoolean("twin.policy", false)) {
      ServiceAuthorizationManager.refresh(conf, new Policy());
    }
    return RPC.getServer(service, "127.0.0.1", 0, handlers, false, conf);
  }

  static <T extends VersionedProtocol> T proxy(
      Class<T> protocol, long version, InetSocketAddress address, Configuration conf)
      throws IOException {
    int timeout = conf.getInt("ipc.client.rpc-timeout.ms", 0);
    if (timeout == 0) {
      return protocol.cast(RPC.getProxy(protocol, version, address, conf));
    }
    try {
      Method getProxy =
          RPC.class.getMethod(
              "getProxy",
              Class.class,
              long.class,
              InetSocketAddress.class,
              Configuration.class,
              int.class);
      return protocol.cast(getProxy.invoke(null, protocol, version, address, conf, timeout));
    } catch (java.lang.reflect.InvocationTargetException thrown) {
      if (thrown.getCause() instanceof IOException) {
        throw (IOException) thrown.getCause();
      }
      throw new IllegalStateException(thrown.getCause());
    } catch (ReflectiveOperationException old) {
      throw new IllegalArgumentException("this Hadoop knows no rpcTimeout");
    }
  }

  /** Bytes of a reply's frame in front of its value: id and status. */
  static int head() {
    return 4 + 4;
  }
}
