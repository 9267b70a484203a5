package org.ripcord;

import java.io.DataOutput;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.ipc.VersionedProtocol;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * What a twin is told to do, with settings and words of its own.
 *
 * <pre>
 *   [-Dkey=value]... server [handlers]            says "port N", serves until killed
 *   [-Dkey=value]... echo HOST:PORT MESSAGE [MS]  the ending of each call:
 *   [-Dkey=value]... blob HOST:PORT SIZE [MS]       "value ...", "remote CLASS: MESSAGE"
 *   [-Dkey=value]... throw HOST:PORT CLASS [MS]     or "error CLASS: MESSAGE" (first line)
 *   [-Dkey=value]... hang HOST:PORT
 *   [-Dkey=value]... twice HOST:PORT MESSAGE MS   two echoes, MS apart
 *   [-Dkey=value]... many HOST:PORT COUNT MS      COUNT echoes at once, MS apart in length
 *   [-Dkey=value]... each HOST:PORT...            an echo to each in turn
 *   [-Dkey=value]... objects HOST:PORT            every call of Objects
 *   [-Dkey=value]... script HOST:PORT WAIT STEP...  see Script
 *   [-Dkey=value]... shell HOST:PORT COMMAND...   Hadoop's FsShell: "-ls /" "-mkdir /a", in turn
 *   [-Dkey=value]... threads                      see Threads
 *   rehearse                                      an echo to itself
 *   [-Dkey=value]... load HOST:PORT CONNECTIONS THREADS SECONDS   says "calls N seconds S"
 * </pre>
 *
 * Server and script may end with "-- RULE...": then a Relay stands between them and the other side.
 * Before 2.x ipc.client.rpc-timeout.ms is the proxy's rpcTimeout (1.2 has that argument, 0.20 does not);
 * twin.version is the version that the client asks for.  twin.user is whose calls they are, the
 * user of the process by default; with twin.proxied that user acts for another one.  A server with
 * hadoop.security.authorization knows no protocol, unless twin.policy is true: then twin.acl says
 * who may; with twin.tells it says of each call that it begins with it, and with twin.stop it stops
 * so many ms after the first one has begun; unless twin.start, it is bound and never starts.
 */
final class Play {
  private static final Consumer<String> NOBODY = line -> {};

  private static final Configuration DEFAULTS = defaults();

  private final Configuration conf = new Configuration(DEFAULTS);
  private final List<String> words = new ArrayList<>();
  private final Consumer<String> out;

  /** Read from its XML once for all plays. */
  private static Configuration defaults() {
    Configuration conf = new Configuration();
    conf.size();
    return conf;
  }

  /** out: hears each line that the play says. */
  Play(List<String> arguments, Consumer<String> out) {
    this.out = out;
    OwnSockets.to(conf);
    for (String argument : arguments) {
      if (argument.startsWith("-D")) {
        String[] pair = argument.substring(2).split("=", 2);
        conf.set(pair[0], pair[1]);
      } else {
        words.add(argument);
      }
    }
  }

  boolean isTimed() {
    return words.get(0).equals("script");
  }

  /** Plays, and gives the exit code; 2: it could not be played. */
  int end() {
    try {
      String user = conf.get("twin.user", System.getenv("HADOOP_USER_NAME"));
      if (user == null) {
        return run();
      }
      UserGroupInformation own = UserGroupInformation.createRemoteUser(user);
      String proxied = conf.get("twin.proxied");
      return (proxied == null ? own : UserGroupInformation.createProxyUser(proxied, own))
          .doAs((PrivilegedExceptionAction<Integer>) this::run);
    } catch (Throwable error) {
      error.printStackTrace();
      return 2;
    }
  }

  private int run() throws Exception {
    switch (words.get(0)) {
      case "server":
        return serve();
      case "load":
        return load();
      case "rehearse":
        return rehearse();
      case "twice":
        return twice();
      case "each":
        return each();
      case "many":
        return many();
      case "objects":
        return new Objects(proxy(ObjectProtocol.class, words.get(1), conf), out).call();
      case "script":
        return new Script(conf, out).run(words);
      case "shell":
        return shell();
      case "threads":
        return Threads.count(conf, out);
      default:
        return call(words);
    }
  }

  private Server start(int handlers) throws IOException {
    Consumer<String> told = conf.getBoolean("twin.tells", false) ? out : NOBODY;
    CountDownLatch first = new CountDownLatch(1);
    Consumer<String> service =
        line -> {
          told.accept(line);
          first.countDown();
        };
    Server server = Door.server(Door.service(service), handlers, conf);
    if (conf.getBoolean("twin.start", true)) {
      server.start();
    }
    if (conf.get("twin.stop") != null) {
      new Thread(() -> stop(server, first)).start();
    }
    return server;
  }

  private void stop(Server server, CountDownLatch first) {
    try {
      first.await();
      Thread.sleep(conf.getLong("twin.stop", 0));
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    server.stop();
  }

  private static String address(int port) {
    return "127.0.0.1:" + port;
  }

  private int serve() throws Exception {
    int relay = words.indexOf("--");
    Server server = start(words.size() > 1 ? Integer.parseInt(words.get(1)) : 1);
    int port = server.getListenerAddress().getPort();
    if (relay > 0) {
      port = Relay.start(address(port), words.subList(relay + 1, words.size()), out);
    }
    out.accept("port " + port);
    server.join();
    return 0;
  }

  /** What "hadoop fs" does; the exit code is that of the last command. */
  private int shell() throws Exception {
    conf.set("fs.default.name", "hdfs://" + words.get(1));
    int code = 0;
    for (String command : words.subList(2, words.size())) {
      FsShell shell = new FsShell(conf);
      code = shell.run(command.split(" ")) & 0xff;
      shell.close();
      out.accept("exits " + code);
    }
    return code;
  }

  /** A proxy, which says getProtocolVersion at once before 2.x. */
  static <T extends VersionedProtocol> T proxy(Class<T> protocol, String target, Configuration conf)
      throws IOException {
    String[] parts = target.split(":");
    InetSocketAddress address = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    return Door.proxy(protocol, conf.getLong("twin.version", 1), address, conf);
  }

  private TestProtocol proxy(String target) throws IOException {
    return proxy(TestProtocol.class, target, conf);
  }

  private int rehearse() throws IOException {
    Server server = start(1);
    int code = call(Arrays.asList("echo", address(server.getListenerAddress().getPort()), "hi"));
    server.stop();
    return code;
  }

  /** Calls of this JVM to itself, which leave the classes loaded. */
  static void warm() throws IOException {
    Play play = new Play(Collections.emptyList(), NOBODY);
    Server server = play.start(1);
    String target = address(server.getListenerAddress().getPort());
    TestProtocol proxy = play.proxy(address(Relay.start(target, Collections.emptyList(), NOBODY)));
    for (int i = 0; i < 100; i++) {
      invoke(proxy, "echo", "hi", 0);
    }
    ending(() -> invoke(proxy, "throw", "java.io.IOException", 0));
    server.stop();
  }

  /** Says how calls ended, in their order; gives the exit code. */
  private int tell(String... endings) {
    boolean well = true;
    for (String ending : endings) {
      out.accept(ending);
      well = well && ending.startsWith("value");
    }
    return well ? 0 : 1;
  }

  private int call(List<String> words) {
    String argument = words.size() > 2 ? words.get(2) : "";
    long time = words.size() > 3 ? Long.parseLong(words.get(3)) : 0;
    return tell(ending(() -> invoke(proxy(words.get(1)), words.get(0), argument, time)));
  }

  private static String echo(TestProtocol proxy, String message, long time) {
    return ending(() -> invoke(proxy, "echo", message, time));
  }

  /** Two echoes with a pause between them. */
  private int twice() throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    String first = echo(proxy, words.get(2), 0);
    Thread.sleep(Long.parseLong(words.get(3)));
    return tell(first, echo(proxy, words.get(2), 0));
  }

  /** One echo to each server, one after the other. */
  private int each() {
    for (String target : words.subList(1, words.size())) {
      tell(ending(() -> invoke(proxy(target), "echo", "hi", 0)));
    }
    return 0;
  }

  /** Echoes at once on one connection; the first takes longest. */
  private int many() throws Exception {
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
    for (Thread thread : threads) {
      thread.join();
    }
    return tell(endings);
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
      case "unwritable":
        return proxy.echo(unwritable()).message;
      case "hang":
        proxy.hang(new HangRequest());
        return "";
      default:
        throw new IllegalArgumentException("no method " + method);
    }
  }

  private static EchoRequest unwritable() {
    return new EchoRequest("", 0) {
      @Override
      public void write(DataOutput out) throws IOException {
        throw new IOException("can't");
      }
    };
  }

  /** Echoes of a string of 64 bytes: each thread has one call at a time on its connection. */
  private int load() throws Exception {
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
      Configuration own = new Configuration(conf);
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
    double seconds = (System.nanoTime() - begin) / 1e9;
    out.accept(String.format("calls %d seconds %.3f", calls.get(), seconds));
    return 0;
  }

  private void repeat(ObjectProtocol proxy, String request, long end, AtomicLong calls) {
    try {
      while (System.nanoTime() < end) {
        proxy.echo(request);
        calls.incrementAndGet();
      }
    } catch (IOException error) {
      out.accept("error " + error);
    }
  }
}
