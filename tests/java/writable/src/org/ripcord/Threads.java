package org.ripcord;

import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.Server;

/** How many threads of Hadoop's RPC live in this JVM, through the lives of a server and a client. */
final class Threads {
  private static final int STEADY_MS = 200;

  private Threads() {}

  static int count(Configuration conf, Consumer<String> out) throws Exception {
    Service service = Door.service(line -> {});
    Server server = Door.server(service, 3, conf);
    tell(out, "made");
    server.start();
    tell(out, "started");
    String address = "127.0.0.1:" + server.getListenerAddress().getPort();
    TestProtocol proxy = Play.proxy(TestProtocol.class, address, conf);
    Play.invoke(proxy, "echo", "hi", 0);
    tell(out, "called");
    RPC.stopProxy(proxy);
    tell(out, "client stopped");
    server.stop();
    tell(out, "server stopped");
    Server another = Door.server(service, 3, conf);
    tell(out, "another made");
    another.stop();
    tell(out, "and stopped before its start");
    return 0;
  }

  /** What has not changed for a while. */
  private static void tell(Consumer<String> out, String when) throws InterruptedException {
    long count = alive();
    for (int same = 0; same < STEADY_MS; same += 10) {
      Thread.sleep(10);
      long now = alive();
      same = now == count ? same : 0;
      count = now;
    }
    out.accept(when + ": " + count);
  }

  private static long alive() {
    return Thread.getAllStackTraces().keySet().stream().filter(Threads::isHadoops).count();
  }

  /** Before 2.x Readers are of a pool and have no names of their own. */
  private static boolean isHadoops(Thread thread) {
    return thread.getName().matches("(IPC |Socket Reader |Hadoop-Metrics-Updater|pool-).*");
  }
}
