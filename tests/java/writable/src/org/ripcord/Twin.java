package org.ripcord;

import java.util.Arrays;
import java.util.List;

/**
 * Real Hadoop with Writables in either place: of IPC version 4, or with WritableRpcEngine.
 *
 * <pre>
 *   Twin WORD...             one Play; exits with its code
 *   Twin together PLAY...    all at once in one JVM that is warm, each play one argument
 * </pre>
 *
 * Together, each line of play N (counted from 1) is "N LINE", and its end is "N exits CODE".
 */
public final class Twin {
  /** Between the beginnings of plays that are timed (ms). */
  private static final long STEP = 60;

  private Twin() {}

  public static void main(String[] args) throws Exception {
    List<String> words = Arrays.asList(args);
    int code =
        words.get(0).equals("together")
            ? together(words.subList(1, words.size()))
            : new Play(words, Twin::say).end();
    System.exit(code); // for some of Hadoop's threads would go on
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Gives the highest of their codes. */
  private static int together(List<String> plays) throws Exception {
    // Stack traces and lines come whole, not one in the middle of the other.
    System.setErr(System.out);
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> error.printStackTrace());
    Play.warm();
    int[] codes = new int[plays.size()];
    Thread[] threads = new Thread[codes.length];
    for (int i = 0; i < codes.length; i++) {
      int own = i;
      String number = i + 1 + " ";
      Play play = new Play(Arrays.asList(plays.get(i).split(" ")), line -> say(number + line));
      threads[i] =
          new Thread(
              () -> {
                codes[own] = play.end();
                say(number + "exits " + codes[own]);
              });
      threads[i].start();
      if (play.isTimed()) {
        Thread.sleep(STEP); // or the set-up of all would make each late
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return Arrays.stream(codes).max().orElse(0);
  }
}
