package org.ripcord;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.ipc.VersionedProtocol;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Real Hadoop with Writables in either place: of IPC version 4, or with WritableRpcEngine.
 *
 * <pre>
 *   Twin [-Dkey=value]... server [handlers]            prints "port N", serves until killed
 *   Twin [-Dkey=value]... echo HOST:PORT MESSAGE [MS]  the ending of each call:
 *   Twin [-Dkey=value]... blob HOST:PORT SIZE [MS]       "value ...", "remote CLASS: MESSAGE"
 *   Twin [-Dkey=value]... throw HOST:PORT CLASS [MS]     or "error CLASS: MESSAGE" (first line)
 *   Twin [-Dkey=value]... hang HOST:PORT
 *   Twin [-Dkey=value]... twice HOST:PORT MESSAGE MS   two echoes, MS apart
 *   Twin [-Dkey=value]... many HOST:PORT COUNT MS      COUNT echoes at once, MS apart in length
 *   Twin [-Dkey=value]... each HOST:PORT...            an echo to each in turn
 *   Twin [-Dkey=value]... objects HOST:PORT            every call of Objects
 *   Twin [-Dkey=value]... script HOST:PORT WAIT STEP...  see Script
 *   Twin [-Dkey=value]... shell HOST:PORT WORD...      Hadoop's FsShell: -ls /, -mkdir /a ...
 *   Twin rehearse                                      an echo to itself
 *   Twin [-Dkey=value]... load HOST:PORT CONNECTIONS THREADS SECONDS   prints "calls N seconds S"
 * </pre>
 *
 * Server and script may end with "-- RULE...": then a Relay stands between them and the other side.
 * Before 2.x ipc.client.rpc-timeout.ms is the proxy's rpcTimeout (1.2 has that argument, 0.20 does not);
 * twin.version is the version that the client asks for.  twin.user is whose calls they are, the
 * user of the process by default; with twin.proxied that user acts for another one.  A server with
 * hadoop.security.authorization knows no protocol, unless twin.policy is true: then twin.acl says
 * who may; with twin.tells it prints each call that it begins with; with
 * twin.warm it calls itself first.
 */
public final class Twin {
  static final Configuration CONF = new Configuration();

  private Twin() {}

  public static void main(String[] args) throws Exception {
    List<String> words = new ArrayList<>();
    for (String arg : args) {
      if (arg.startsWith("-D")) {
        String[] pair = arg.substring(2).split("=", 2);
        CONF.set(pair[0], pair[1]);
      } else {
        words.add(arg);
      }
    }
    // Some of Hadoop's threads would keep a JVM alive whose main thread has died.
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> {
          error.printStackTrace();
          if (thread.getName().equals("main")) {
            System.exit(2);
          }
        });
    String user = CONF.get("twin.user", System.getenv("HADOOP_USER_NAME"));
    if (user == null) {
      run(words);
      return;
    }
    UserGroupInformation own = UserGroupInformation.createRemoteUser(user);
    String proxied = CONF.get("twin.proxied");
    (proxied == null ? own : UserGroupInformation.createProxyUser(proxied, own))
        .doAs(
            (PrivilegedExceptionAction<Void>)
                () -> {
                  run(words);
                  return null;
                });
  }

  private static void run(List<String> words) throws Exception {
    switch (words.get(0)) {
      case "server":
        serve(words);
        break;
      case "load":
        load(words);
        break;
      case "rehearse":
        rehearse();
        break;
      case "twice":
        System.exit(twice(words) ? 0 : 1);
        break;
      case "each":
        each(words);
        break;
      case "many":
        System.exit(many(words) ? 0 : 1);
        break;
      case "objects":
        Objects.call(words.get(1));
        System.exit(0);
        break;
      case "script":
        warm();
        Script.run(words);
        break;
      case "shell":
        System.exit(shell(words));
        break;
      default:
        System.exit(call(words) ? 0 : 1);
    }
  }

  private static Server start(int handlers) throws Exception {
    Service service = Door.service(CONF.getBoolean("twin.tells", false));
    Server server = Door.server(service, handlers, CONF);
    server.start();
    return server;
  }

  private static void serve(List<String> words) throws Exception {
    int relay = words.indexOf("--");
    Server server = start(words.size() > 1 ? Integer.parseInt(words.get(1)) : 1);
    int port = server.getListenerAddress().getPort();
    if (CONF.getBoolean("twin.warm", false)) {
      warm();
    }
    if (relay > 0) {
      port = Relay.start("127.0.0.1:" + port, words.subList(relay + 1, words.size()), true);
    }
    System.out.println("port " + port);
    System.out.flush();
    server.join();
  }

  /** What "hadoop fs" does, with its exit code. */
  private static int shell(List<String> words) throws Exception {
    CONF.set("fs.default.name", "hdfs://" + words.get(1));
    return new FsShell(CONF).run(words.subList(2, words.size()).toArray(new String[0]));
  }

  /** A proxy, which says getProtocolVersion at once before 2.x. */
  static <T extends VersionedProtocol> T proxy(Class<T> protocol, String target, Configuration conf)
      throws IOException {
    String[] parts = target.split(":");
    InetSocketAddress address = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    return Door.proxy(protocol, CONF.getLong("twin.version", 1), address, conf);
  }

  private static TestProtocol proxy(String target) throws IOException {
    return proxy(TestProtocol.class, target, CONF);
  }

  private static void rehearse() throws Exception {
    Server server = start(1);
    String target = "127.0.0.1:" + server.getListenerAddress().getPort();
    boolean well = call(Arrays.asList("echo", target, "hi"));
    server.stop();
    System.exit(well ? 0 : 1);
  }

  /** Calls to itself, which leave the classes loaded. */
  private static void warm() throws Exception {
    Configuration own = new Configuration();
    Server server = Door.server(Door.service(false), 1, own);
    server.start();
    String target = "127.0.0.1:" + server.getListenerAddress().getPort();
    target = "127.0.0.1:" + Relay.start(target, Collections.emptyList(), false);
    TestProtocol proxy = proxy(TestProtocol.class, target, own);
    for (int i = 0; i < 100; i++) {
      invoke(proxy, "echo", "hi", 0);
    }
    ending(() -> invoke(proxy, "throw", "java.io.IOException", 0));
    server.stop();
  }

  private static boolean call(List<String> words) {
    String argument = words.size() > 2 ? words.get(2) : "";
    long time = words.size() > 3 ? Long.parseLong(words.get(3)) : 0;
    String ending =
        ending(() -> invoke(proxy(words.get(1)), words.get(0), argument, time));
    System.out.println(ending);
    return ending.startsWith("value");
  }

  private static String echo(TestProtocol proxy, String message, long time) {
    return ending(() -> invoke(proxy, "echo", message, time));
  }

  /** Two echoes with a pause between them. */
  private static boolean twice(List<String> words) throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    String first = echo(proxy, words.get(2), 0);
    System.out.println(first);
    Thread.sleep(Long.parseLong(words.get(3)));
    String second = echo(proxy, words.get(2), 0);
    System.out.println(second);
    return first.startsWith("value") && second.startsWith("value");
  }

  /** One echo to each server, one after the other. */
  private static void each(List<String> words) throws Exception {
    for (String target : words.subList(1, words.size())) {
      System.out.println(ending(() -> invoke(proxy(target), "echo", "hi", 0)));
    }
    System.exit(0);
  }

  /** Echoes at once on one connection; the first takes longest.  Endings in order of the calls. */
  private static boolean many(List<String> words) throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    int count = Integer.parseInt(words.get(2));
    long step = Long.parseLong(words.get(3));
    String[] endings = new String[count];
    Thread[] threads = new Thread[count];
    for (int i = 0; i < count; i++) {
      int own = i;
      threads[i] =
          new Thread(() -> endings[own] = echo(proxy, "call " + own, (count - 1 - own) * step));
      threads[i].start();
    }
    boolean well = true;
    for (int i = 0; i < count; i++) {
      threads[i].join();
      System.out.println(endings[i]);
      well = well && endings[i].startsWith("value");
    }
    return well;
  }

  /** Something that ends with a value or an exception. */
  interface Work {
    String run() throws IOException;
  }

  static String ending(Work work) {
    try {
      return "value " + work.run();
    } catch (RemoteException remote) {
      return "remote " + remote.getClassName() + ": " + firstLine(remote.getMessage());
    } catch (IOException | RuntimeException error) {
      return "error " + error.getClass().getName() + ": " + firstLine(error.getMessage());
    }
  }

  private static String firstLine(String text) {
    return text == null ? "" : text.split("\n", 2)[0];
  }

  static String invoke(TestProtocol proxy, String method, String argument, long time)
      throws IOException {
    switch (method) {
      case "echo":
        return proxy.echo(new EchoRequest(argument, time)).message;
      case "blob":
        return proxy.blob(new BlobRequest(Long.parseLong(argument), time)).data.length + " bytes";
      case "throw":
        proxy.throw_(new ThrowRequest(argument, "no luck", time));
        return "";
      case "hang":
        proxy.hang(new HangRequest());
        return "";
      default:
        throw new IllegalArgumentException("no method " + method);
    }
  }

  /** Echoes of a string of 64 bytes: each thread has one call at a time on its connection. */
  private static void load(List<String> words) throws Exception {
    int connections = Integer.parseInt(words.get(2));
    int threads = Integer.parseInt(words.get(3));
    long end = System.nanoTime() + (long) (Double.parseDouble(words.get(4)) * 1e9);
    char[] filler = new char[64];
    Arrays.fill(filler, 'x');
    String request = new String(filler);
    AtomicLong calls = new AtomicLong();
    List<Thread> all = new ArrayList<>();
    long begin = System.nanoTime();
    for (int c = 0; c < connections; c++) {
      // Another idle time is another ConnectionId, hence another connection.
      Configuration own = new Configuration(CONF);
      own.setInt("ipc.client.connection.maxidletime", 10000 + c);
      ObjectProtocol proxy = proxy(ObjectProtocol.class, words.get(1), own);
      for (int i = 0; i < threads; i++) {
        Thread thread = new Thread(() -> repeat(proxy, request, end, calls));
        thread.start();
        all.add(thread);
      }
    }
    for (Thread thread : all) {
      thread.join();
    }
    System.out.printf("calls %d seconds %.3f%n", calls.get(), (System.nanoTime() - begin) / 1e9);
    System.exit(0);
  }

  private static void repeat(ObjectProtocol proxy, String request, long end, AtomicLong calls) {
    try {
      while (System.nanoTime() < end) {
        proxy.echo(request);
        calls.incrementAndGet();
      }
    } catch (IOException error) {
      System.out.println("error " + error);
    }
  }
}
