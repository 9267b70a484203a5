package org.ripcord;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Stands between a client and a server, tells what passes and breaks it by rules.
 *
 * <pre>
 *   CONNECTION,c2s|s2c,BYTES,ACTION   when so many bytes have passed that way (counted from 1)
 *   CONNECTION,at,MS,ACTION           when the connection is so old
 *   deaf                              alone: nobody is ever accepted
 * </pre>
 *
 * ACTION: fin and rst close both sides so; half tells the server FIN, and goes on with replies;
 * stop reads nothing more on that way, stop:MS for so long; hold reads on, but passes nothing more;
 * slow:MS passes one byte each MS from there on; client:HEX and server:HEX say bytes to that side,
 * with CALL in them for the id of the latest call.  Says
 *
 * <pre>
 *   | MS CONNECTION accept | preamble | frame LENGTH | ping | length N | reply BYTES
 *   | MS CONNECTION client|server fin|rst    who ended it first
 * </pre>
 *
 * MS since the first connection.
 */
final class Relay {
  private static final int DEAF_MS = 100;

  /** Of version 9: where the call id is in a frame, behind its kind and operation. */
  private static final int HEADER_ID = 6;

  /** And that of pings. */
  private static final int PING_ID = -4;

  /** The deaf, and those in their backlogs: unreferenced, they would be closed. */
  private static final List<Closeable> DEAF = Collections.synchronizedList(new ArrayList<>());

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
    InetAddress here = InetAddress.getByName("127.0.0.1");
    if (rules.contains("deaf")) {
      return deaf(new ServerSocket(0, 1, here));
    }
    ServerSocket listening = new ServerSocket(0, 50, here);
    start(() -> relay.listen(listening));
    return listening.getLocalPort();
  }

  /** Fills its backlog, so that the kernel takes no notice of whoever comes. */
  private static int deaf(ServerSocket listening) throws IOException {
    DEAF.add(listening);
    try {
      while (true) {
        Socket socket = new Socket();
        DEAF.add(socket);
        socket.connect(listening.getLocalSocketAddress(), DEAF_MS);
      }
    } catch (SocketTimeoutException full) {
      return listening.getLocalPort();
    }
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
        if (at < 0 || at > bytes.length || (at == 0 && way.passed > 0)) {
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
        case "half":
          server.shutdownOutput();
          break;
        case "stop":
          sleep(parts.length == 1 ? Long.MAX_VALUE : Long.parseLong(parts[1]));
          break;
        case "hold":
          way.held = true;
          break;
        case "slow":
          way.pause = Long.parseLong(parts[1]);
          break;
        case "client":
          client.getOutputStream().write(said(parts[1]));
          break;
        case "server":
          server.getOutputStream().write(said(parts[1]));
          break;
        default:
          throw new IllegalArgumentException(action);
      }
    }

    private byte[] said(String hex) {
      return bytes(hex.replace("CALL", frames.call));
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
      private boolean delimited;
      private volatile String call = "";

      void take(byte[] bytes, int length) {
        byte[] all = Arrays.copyOf(pending, pending.length + length);
        System.arraycopy(bytes, 0, all, pending.length, length);
        int at = 0;
        if (!preamble && all.length >= 7) {
          say(number, "preamble");
          preamble = true;
          delimited = all[4] == 9;
          at = delimited ? 7 : 6;
        }
        while (preamble && all.length - at >= 4) {
          int size = ByteBuffer.wrap(all, at, 4).getInt();
          if (size < 0) {
            say(number, size == -1 ? "ping" : "length " + size);
            at += 4;
          } else if (all.length - at >= 4 + size) {
            say(number, isPing(all, at + 4, size) ? "ping" : "frame " + size);
            at += 4 + size;
          } else {
            break;
          }
        }
        pending = Arrays.copyOfRange(all, at, all.length);
      }

      /** Of version 9; of calls it notes the id. */
      private boolean isPing(byte[] all, int at, int size) {
        if (!delimited && size >= 4) {
          call = String.format("%08x", ByteBuffer.wrap(all, at, 4).getInt());
        } else if (delimited && size > HEADER_ID) {
          int id = signed(all, at + HEADER_ID);
          call = id >= 0 ? longest(id) : call;
          return id == PING_ID;
        }
        return false;
      }

      /** A number as protobuf's sint32 has it. */
      private int signed(byte[] all, int at) {
        int value = 0;
        for (int shift = 0; ; shift += 7, at++) {
          value |= (all[at] & 0x7f) << shift;
          if (all[at] >= 0) {
            return (value >>> 1) ^ -(value & 1);
          }
        }
      }

      /** As protobuf reads a number too: in five bytes, however small it is. */
      private String longest(int id) {
        StringBuilder hex = new StringBuilder();
        for (int shift = 0; shift < 35; shift += 7) {
          hex.append(String.format("%02x", id >>> shift & 0x7f | (shift < 28 ? 0x80 : 0)));
        }
        return hex.toString();
      }
    }
  }
}
