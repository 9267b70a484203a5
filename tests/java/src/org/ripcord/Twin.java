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
import org.apache.hadoop.thirdparty.protobuf.ByteString;
import org.apache.hadoop.thirdparty.protobuf.ServiceException;

/**
 * Real Hadoop in either place.
 *
 * <pre>
 *   Twin [-Dkey=value]... server [handlers]            prints "port N", serves until killed
 *   Twin [-Dkey=value]... echo HOST:PORT MESSAGE [MS]  prints the ending of each call:
 *   Twin [-Dkey=value]... blob HOST:PORT SIZE [MS]       "value ..." or "error CLASS: MESSAGE"
 *   Twin [-Dkey=value]... hang HOST:PORT
 *   Twin [-Dkey=value]... load HOST:PORT CONNECTIONS THREADS SECONDS   prints "calls N seconds S"
 * </pre>
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
      default:
        System.exit(call(words) ? 0 : 1);
    }
  }

  private static void serve(int handlers) throws Exception {
    RPC.Server server =
        new RPC.Builder(CONF)
            .setProtocol(TestProtocol.class)
            .setInstance(new TwinService())
            .setBindAddress("127.0.0.1")
            .setPort(0)
            .setNumHandlers(handlers)
            .build();
    server.start();
    System.out.println("port " + server.getListenerAddress().getPort());
    System.out.flush();
    server.join();
  }

  private static TestProtocol proxy(String target) throws Exception {
    String[] parts = target.split(":");
    InetSocketAddress address = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    return RPC.getProxy(TestProtocol.class, 1, address, CONF);
  }

  private static boolean call(List<String> words) throws Exception {
    TestProtocol proxy = proxy(words.get(1));
    String argument = words.size() > 2 ? words.get(2) : "";
    long time = words.size() > 3 ? Long.parseLong(words.get(3)) : 0;
    try {
      System.out.println("value " + invoke(proxy, words.get(0), argument, time));
      return true;
    } catch (ServiceException wrapped) {
      Throwable error = wrapped.getCause();
      if (error instanceof RemoteException) {
        RemoteException remote = (RemoteException) error;
        System.out.println(
            "remote " + remote.getClassName() + ": " + firstLine(remote.getMessage()));
      } else {
        System.out.println("error " + error.getClass().getName() + ": " + error.getMessage());
      }
      return false;
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
