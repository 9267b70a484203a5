package org.ripcord;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Stands between a client and a server of IPC version 4, tells what passes and breaks it by rules.
 *
 * <pre>
 *   CONNECTION,c2s|s2c,BYTES,ACTION   when so many bytes have passed that way (counted from 1)
 *   CONNECTION,at,MS,ACTION           when the connection is so old
 * </pre>
 *
 * ACTION: fin and rst close both sides so; stop reads nothing more on that way; hold reads on, but
 * passes nothing more; slow:MS passes one byte each MS from there on; client:HEX and server:HEX say
 * bytes to that side.  Says
 *
 * <pre>
 *   | MS CONNECTION accept | preamble | frame LENGTH | ping | length N | reply BYTES
 *   | MS CONNECTION client|server fin|rst    who ended it first
 * </pre>
 *
 * MS since the first connection.
 */
final class Relay {
  private final String target;
  private final Consumer<String> out;
  private final List<String[]> rules = new ArrayList<>();
  private long begin;

  private Relay(String target, Consumer<String> out) {
    this.target = target;
    this.out = out;
  }

  /** Gives the port where it listens; out: hears what it says. */
  static int start(String target, List<String> rules, Consumer<String> out) throws IOException {
    Relay relay = new Relay(target, out);
    for (String rule : rules) {
      relay.rules.add(rule.split(","));
    }
    ServerSocket listening = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    start(() -> relay.listen(listening));
    return listening.getLocalPort();
  }

  private void listen(ServerSocket listening) {
    try {
      for (int number = 1; ; number++) {
        Socket client = listening.accept();
        if (number == 1) {
          begin = System.nanoTime();
        }
        say(number, "accept");
        join(number, client);
      }
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private synchronized void say(int number, String what) {
    long now = (System.nanoTime() - begin) / 1000000;
    out.accept("| " + now + " " + number + " " + what);
  }

  private void join(int number, Socket client) throws IOException {
    String[] parts = target.split(":");
    Socket server;
    try {
      server = new Socket(parts[0], Integer.parseInt(parts[1]));
    } catch (IOException refused) {
      client.setSoLinger(true, 0);
      client.close();
      return;
    }
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
    Pair pair = new Pair(number, client, server);
    for (String[] rule : rules) {
      if (rule[1].equals("at") && Integer.parseInt(rule[0]) == number) {
        start(() -> pair.later(Long.parseLong(rule[2]), rule[3]));
      }
    }
    start(() -> pair.pass(pair.calls));
    start(() -> pair.pass(pair.replies));
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    thread.start();
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static byte[] bytes(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  /** One connection, both ways. */
  private final class Pair {
    private final int number;
    private final Socket client;
    private final Socket server;
    private final Frames frames = new Frames();
    private final Way calls;
    private final Way replies;
    private boolean ended;

    Pair(int number, Socket client, Socket server) {
      this.number = number;
      this.client = client;
      this.server = server;
      calls = new Way("c2s", client, server);
      replies = new Way("s2c", server, client);
    }

    void later(long age, String action) {
      sleep(age);
      try {
        act(action, replies);
      } catch (IOException gone) {
        close(false);
      }
    }

    void pass(Way way) {
      byte[] buffer = new byte[65536];
      try {
        InputStream in = way.from.getInputStream();
        for (int got; (got = in.read(buffer)) > 0; ) {
          tell(way, buffer, got);
          forward(way, Arrays.copyOf(buffer, got));
        }
        end(way.from, "fin");
        way.to.shutdownOutput();
      } catch (IOException broken) {
        end(way.from, "rst");
        close(true);
      }
    }

    private void tell(Way way, byte[] bytes, int length) {
      if (way == replies) {
        say(number, "reply " + length);
      } else {
        frames.take(bytes, length);
      }
    }

    /** Rules come in the order of their places. */
    private void forward(Way way, byte[] bytes) throws IOException {
      int begin = 0;
      for (String[] rule : rules) {
        if (Integer.parseInt(rule[0]) != number || !rule[1].equals(way.name)) {
          continue;
        }
        long at = Long.parseLong(rule[2]) - way.passed;
        if (at <= 0 || at > bytes.length) {
          continue;
        }
        write(way, bytes, begin, (int) at);
        begin = (int) at;
        act(rule[3], way);
      }
      write(way, bytes, begin, bytes.length);
      way.passed += bytes.length;
    }

    private void write(Way way, byte[] bytes, int from, int until) throws IOException {
      if (way.held || from == until) {
        return;
      }
      OutputStream out = way.to.getOutputStream();
      if (way.pause == 0) {
        out.write(bytes, from, until - from);
        return;
      }
      for (int i = from; i < until; i++) {
        sleep(way.pause);
        out.write(bytes[i]);
      }
    }

    private void act(String action, Way way) throws IOException {
      String[] parts = action.split(":");
      switch (parts[0]) {
        case "fin":
          end(null, "");
          close(false);
          break;
        case "rst":
          end(null, "");
          close(true);
          break;
        case "stop":
          sleep(Long.MAX_VALUE);
          break;
        case "hold":
          way.held = true;
          break;
        case "slow":
          way.pause = Long.parseLong(parts[1]);
          break;
        case "client":
          client.getOutputStream().write(bytes(parts[1]));
          break;
        case "server":
          server.getOutputStream().write(bytes(parts[1]));
          break;
        default:
          throw new IllegalArgumentException(action);
      }
    }

    private synchronized void end(Socket by, String how) {
      if (!ended && by != null) {
        say(number, (by == client ? "client " : "server ") + how);
      }
      ended = true;
    }

    private void close(boolean reset) {
      for (Socket socket : new Socket[] {client, server}) {
        try {
          if (reset) {
            socket.setSoLinger(true, 0);
          }
          socket.close();
        } catch (IOException closed) {
          continue;
        }
      }
    }

    /** One way of it. */
    private final class Way {
      private final String name;
      private final Socket from;
      private final Socket to;
      private long passed;
      private boolean held;
      private long pause;

      Way(String name, Socket from, Socket to) {
        this.name = name;
        this.from = from;
        this.to = to;
      }
    }

    /** What a client says, by its frames. */
    private final class Frames {
      private byte[] pending = {};
      private boolean preamble;

      void take(byte[] bytes, int length) {
        byte[] all = Arrays.copyOf(pending, pending.length + length);
        System.arraycopy(bytes, 0, all, pending.length, length);
        int at = 0;
        if (!preamble && all.length >= 6) {
          say(number, "preamble");
          preamble = true;
          at = 6;
        }
        while (preamble && all.length - at >= 4) {
          int size = java.nio.ByteBuffer.wrap(all, at, 4).getInt();
          if (size < 0) {
            say(number, size == -1 ? "ping" : "length " + size);
            at += 4;
          } else if (all.length - at >= 4 + size) {
            say(number, "frame " + size);
            at += 4 + size;
          } else {
            break;
          }
        }
        pending = Arrays.copyOfRange(all, at, all.length);
      }
    }
  }
}
