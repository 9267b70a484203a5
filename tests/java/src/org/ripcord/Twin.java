package org.ripcord;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ipc.ProtobufRpcEngine2;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.ipc.RpcClientUtil;
import org.apache.hadoop.thirdparty.protobuf.ByteString;
import org.apache.hadoop.thirdparty.protobuf.ServiceException;

/**
 * Real Hadoop in either place.
 *
 * <pre>
 *   Twin [-Dkey=value]... server [handlers]            prints "port N", serves until killed
 *   Twin [-Dkey=value]... echo HOST:PORT MESSAGE [MS]  the ending of each call:
 *   Twin [-Dkey=value]... blob HOST:PORT SIZE [MS]
 *   Twin [-Dkey=value]... hang HOST:PORT               "value ...", "remote CODE CLASS: MESSAGE"
 *   Twin [-Dkey=value]... twice HOST:PORT MESSAGE MS     or "error CLASS: MESSAGE" (first line)
 *   Twin [-Dkey=value]... many HOST:PORT COUNT MS      COUNT echoes at once, MS apart in length
 *   Twin [-Dkey=value]... each HOST:PORT...            an echo to each in turn
 *   Twin methods HOST:PORT KIND NAME...                whether RpcClientUtil finds them, "NAME true"
 *   Twin rehearse                                      an echo to itself
 *   Twin [-Dkey=value]... load HOST:PORT CONNECTIONS THREADS SECONDS   prints "calls N seconds S"
 * </pre>
 *
 * A server with twin.several speaks the protocols of Several besides.
 */
public final class Twin {
  private static final Configuration CONF = new Configuration();

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
    RPC.setProtocolEngine(CONF, TestProtocol.class, ProtobufRpcEngine2.class);
    switch (words.get(0)) {
      case "server":
        serve(words.size() > 1 ? Integer.parseInt(words.get(1)) : 1);
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
      case "methods":
        methods(words);
        break;
      case "many":
        System.exit(many(words) ? 0 : 1);
        break;
      default:
        System.exit(call(words) ? 0 : 1);
    }
  }

  private static RPC.Server start(int handlers) throws Exception {
    RPC.Server server =
        new RPC.Builder(CONF)
            .setProtocol(TestProtocol.class)
            .setInstance(new TwinService())
            .setBindAddress("127.0.0.1")
            .setPort(0)
            .setNumHandlers(handlers)
            .build();
    if (CONF.getBoolean("twin.several", false)) {
      Several.add(server);
    }
    server.start();
    return server;
  }

  private static void serve(int handlers) throws Exception {
    RPC.Server server = start(handlers);
    System.out.println("port " + server.getListenerAddress().getPort());
    System.out.flush();
    server.join();
  }

  private static TestProtocol proxy(String target) throws Exception {
    String[] parts = target.split(":");
    InetSocketAddress address = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    return RPC.getProxy(TestProtocol.class, 1, address, CONF);
  }

  private static void rehearse() throws Exception {
    RPC.Server server = start(1);
    String target = "127.0.0.1:" + server.getListenerAddress().getPort();
    boolean well = call(Arrays.asList("echo", target, "hi"));
    server.stop();
    System.exit(well ? 0 : 1);
  }

  private static boolean call(List<String> words) throws Exception {
    String argument = words.size() > 2 ? words.get(2) : "";
    long time = words.size() > 3 ? Long.parseLong(words.get(3)) : 0;
    String ending = ending(proxy(words.get(1)), words.get(0), argument, time);
    System.out.println(ending);
    return ending.startsWith("value");
  }

  /** Two echoes with a pause between them. */
  private static boolean twice(List<String> words) throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    String first = ending(proxy, "echo", words.get(2), 0);
    System.out.println(first);
    Thread.sleep(Long.parseLong(words.get(3)));
    String second = ending(proxy, "echo", words.get(2), 0);
    System.out.println(second);
    return first.startsWith("value") && second.startsWith("value");
  }

  /** One echo to each server, one after the other. */
  private static void each(List<String> words) throws Exception {
    for (String target : words.subList(1, words.size())) {
      System.out.println(ending(proxy(target), "echo", "hi", 0));
    }
    System.exit(0);
  }

  /** What the server's ProtocolMetaInfoPB says of its test protocol in that RpcKind. */
  private static void methods(List<String> words) throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    RPC.RpcKind kind = RPC.RpcKind.valueOf(words.get(2));
    for (String name : words.subList(3, words.size())) {
      boolean there = RpcClientUtil.isMethodSupported(proxy, TestProtocol.class, kind, 1, name);
      System.out.println(name + " " + there);
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
          new Thread(
              () -> endings[own] = ending(proxy, "echo", "call " + own, (count - 1 - own) * step));
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

  private static String ending(TestProtocol proxy, String method, String argument, long time) {
    try {
      return "value " + invoke(proxy, method, argument, time);
    } catch (ServiceException wrapped) {
      Throwable error = wrapped.getCause();
      if (error instanceof RemoteException) {
        RemoteException remote = (RemoteException) error;
        return String.format(
            "remote %s %s: %s",
            remote.getErrorCode(), remote.getClassName(), firstLine(remote.getMessage()));
      }
      return "error " + error.getClass().getName() + ": " + firstLine(error.getMessage());
    }
  }

  private static String firstLine(String text) {
    return text == null ? "" : text.split("\n", 2)[0];
  }

  private static String invoke(TestProtocol proxy, String method, String argument, long time)
      throws ServiceException {
    switch (method) {
      case "echo":
        return proxy
            .echo(null, TestProtos.EchoRequest.newBuilder().setMessage(argument).setTime(time).build())
            .getMessage();
      case "blob":
        ByteString data =
            proxy
                .blob(
                    null,
                    TestProtos.BlobRequest.newBuilder()
                        .setSize(Long.parseLong(argument))
                        .setTime(time)
                        .build())
                .getData();
        return data.size() + " bytes";
      case "hang":
        return proxy.hang(null, TestProtos.HangRequest.getDefaultInstance()).toString();
      default:
        throw new IllegalArgumentException("no method " + method);
    }
  }

  /** Echo calls of 64 bytes: each connection has a user of its own, each thread one call at a time. */
  private static void load(List<String> words) throws Exception {
    int connections = Integer.parseInt(words.get(2));
    int threads = Integer.parseInt(words.get(3));
    long end = System.nanoTime() + (long) (Double.parseDouble(words.get(4)) * 1e9);
    char[] filler = new char[64];
    Arrays.fill(filler, 'x');
    TestProtos.EchoRequest request =
        TestProtos.EchoRequest.newBuilder().setMessage(new String(filler)).build();
    AtomicLong calls = new AtomicLong();
    List<Thread> all = new ArrayList<>();
    long begin = System.nanoTime();
    for (int c = 0; c < connections; c++) {
      // Another time-out is another ConnectionId, hence another connection.
      String[] parts = words.get(1).split(":");
      InetSocketAddress address = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
      Configuration own = new Configuration(CONF);
      own.setInt("ipc.client.connection.maxidletime", 10000 + c);
      TestProtocol proxy = RPC.getProxy(TestProtocol.class, 1, address, own);
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
  }

  private static void repeat(
      TestProtocol proxy, TestProtos.EchoRequest request, long end, AtomicLong calls) {
    try {
      while (System.nanoTime() < end) {
        proxy.echo(null, request);
        calls.incrementAndGet();
      }
    } catch (ServiceException error) {
      System.out.println("error " + error.getCause());
    }
  }
}
