package org.ripcord;

import java.io.IOException;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Calls by a timetable, each in a thread of its own.
 *
 * <pre>
 *   AT,METHOD,ARGUMENT,TIME[,KEY=VALUE]...   AT: ms, or "+ms" after the step before it has ended
 *   AT,interrupt,STEP,0                      the thread of that step, counted from 1
 *   AT,stop,,0[,KEY=VALUE]...                the proxy that these keys share
 * </pre>
 *
 * Steps with the same keys share a proxy; twin.target is the address of another server, twin.user
 * another caller.  Says, in order of the steps, "BEGAN ENDED ENDING" in ms
 * since the first step; one that has not ended after the last time of all: "BEGAN - pending".
 */
final class Script {
  private final Configuration conf;
  private final Consumer<String> out;
  private final Map<String, Holder> holders = new ConcurrentHashMap<>();
  private Step[] all;
  private String target;
  private long begin;

  /** conf: what all steps share; out: hears their endings. */
  Script(Configuration conf, Consumer<String> out) {
    this.conf = conf;
    this.out = out;
  }

  /**
   * words: script HOST:PORT WAIT STEP... [-- RULE...]; WAIT: how long all may take (ms). Gives the
   * exit code.
   */
  int run(List<String> words) throws IOException, InterruptedException {
    int relay = words.indexOf("--");
    List<String> steps = words.subList(3, relay < 0 ? words.size() : relay);
    target = words.get(1);
    if (relay > 0) {
      target = "127.0.0.1:" + Relay.start(target, words.subList(relay + 1, words.size()), out);
    }
    all = new Step[steps.size()];
    begin = System.nanoTime();
    for (int i = 0; i < all.length; i++) {
      all[i] = new Step(steps.get(i).split(","), i == 0 ? null : all[i - 1]);
      all[i].setDaemon(true);
      all[i].start();
    }
    long end = Long.parseLong(words.get(2));
    for (Step step : all) {
      step.join(Math.max(1, end - now()));
      out.accept(step.began + " " + (step.ending == null ? "- pending" : step.ending));
    }
    while (now() < end) {
      Thread.sleep(end - now());
    }
    return 0;
  }

  private long now() {
    return (System.nanoTime() - begin) / 1000000;
  }

  private TestProtocol proxy(String[] words) throws IOException {
    StringBuilder keys = new StringBuilder();
    Configuration own = new Configuration(conf);
    for (int i = 4; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      own.set(pair[0], pair[1]);
      keys.append(words[i]).append(',');
    }
    Holder holder = holders.computeIfAbsent(keys.toString(), none -> new Holder());
    synchronized (holder) {
      if (holder.proxy == null) {
        holder.proxy = open(own);
      }
      return holder.proxy;
    }
  }

  private TestProtocol open(Configuration own) throws IOException {
    String address = own.get("twin.target", target);
    if (own.get("twin.user") == null) {
      return Play.proxy(TestProtocol.class, address, own);
    }
    PrivilegedExceptionAction<TestProtocol> opening =
        () -> Play.proxy(TestProtocol.class, address, own);
    try {
      return UserGroupInformation.createRemoteUser(own.get("twin.user")).doAs(opening);
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted.toString());
    }
  }

  /** A proxy, as soon as the server has told its version. */
  private static final class Holder {
    private TestProtocol proxy;
  }

  private final class Step extends Thread {
    private final String[] words;
    private final Step before;
    private volatile long began;
    private volatile String ending;

    Step(String[] words, Step before) {
      this.words = words;
      this.before = before;
    }

    @Override
    public void run() {
      try {
        if (words[0].startsWith("+")) {
          before.join();
          sleep(Long.parseLong(words[0].substring(1)));
        } else {
          sleep(Math.max(0, Long.parseLong(words[0]) - now()));
        }
      } catch (InterruptedException interrupted) {
        return;
      }
      began = now();
      String text = Play.ending(this::act);
      ending = now() + " " + text;
    }

    private String act() throws IOException {
      switch (words[1]) {
        case "interrupt":
          all[Integer.parseInt(words[2]) - 1].interrupt();
          return "";
        case "stop":
          RPC.stopProxy(proxy(words));
          return "";
        default:
          return Play.invoke(proxy(words), words[1], words[2], Long.parseLong(words[3]));
      }
    }
  }
}
