package org.ripcord;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.hadoop.io.IntWritable;
import org.apache.hadoop.io.MapWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.UTF8;
import org.apache.hadoop.io.Writable;

/** One call of ObjectProtocol after the other, each with its ending. */
final class Objects {
  private final ObjectProtocol proxy;
  private final Consumer<String> out;

  Objects(ObjectProtocol proxy, Consumer<String> out) {
    this.proxy = proxy;
    this.out = out;
  }

  /** Gives the exit code. */
  int call() {
    strings();
    primitives();
    arrays();
    writables();
    return 0;
  }

  private void say(String name, Play.Work work) {
    out.accept(name + ": " + Play.ending(work));
  }

  private static String escaped(String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder out = new StringBuilder();
    for (char c : text.toCharArray()) {
      out.append(c >= ' ' && c < 127 ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    }
    return out.toString();
  }

  private void strings() {
    say("empty", () -> escaped(proxy.echo("")));
    say("ascii", () -> escaped(proxy.echo("hi")));
    say("NUL", () -> escaped(proxy.echo("a\0b")));
    say("two bytes", () -> escaped(proxy.echo("g\u00fcn")));
    say("three bytes", () -> escaped(proxy.echo("\u20ac")));
    say("emoji", () -> escaped(proxy.echo("\ud83d\ude00")));
    say("half an emoji", () -> escaped(proxy.echo("\ud83d")));
    char[] filler = new char[30000];
    Arrays.fill(filler, 'x');
    say("30000 characters", () -> proxy.echo(new String(filler)).length() + "");
    say("null string", () -> escaped(proxy.echo((String) null)));
    say("three parameters", () -> escaped(proxy.join("a", 7, "b")));
  }

  private void primitives() {
    say("boolean", () -> "" + proxy.echo(true));
    say("byte", () -> "" + proxy.echo((byte) -2));
    say("char", () -> escaped("" + proxy.echo('\u00fc')));
    say("short", () -> "" + proxy.echo((short) -300));
    say("int", () -> "" + proxy.echo(-70000));
    say("long", () -> "" + proxy.echo(1L << 40));
    say("float", () -> "" + proxy.echo(1.5f));
    say("double", () -> "" + proxy.echo(-2.25));
    say("void", () -> {
      proxy.nothing();
      return "";
    });
    say("boxed", () -> {
      // Never answered: the reply can't be written.
      Thread asking = new Thread(() -> say("boxed", () -> "" + proxy.boxed()));
      asking.setDaemon(true);
      asking.start();
      try {
        asking.join(300);
      } catch (InterruptedException interrupted) {
        throw new IOException(interrupted.toString());
      }
      return asking.isAlive() ? "hangs" : "ended";
    });
  }

  private void arrays() {
    say("no ints", () -> Arrays.toString(proxy.echo(new int[0])));
    say("ints", () -> Arrays.toString(proxy.echo(new int[] {1, -2})));
    say("bytes", () -> Arrays.toString(proxy.echo(new byte[] {1, -2})));
    say("strings", () -> Arrays.toString(proxy.echo(new String[] {"a", "", null})));
    say("strings of strings", () -> Arrays.deepToString(proxy.echo(new String[][] {{"a"}, {}})));
    say("texts", () -> Arrays.toString(proxy.echo(new Text[] {new Text("a"), null})));
    say("null array", () -> Arrays.toString(proxy.echo((int[]) null)));
  }

  private void writables() {
    say("enum", () -> "" + proxy.echo(Colour.GREEN));
    say("null enum", () -> "" + proxy.echo((Colour) null));
    say("text", () -> escaped(proxy.echo(new Text("g\u00fcn \ud83d\ude00")).toString()));
    say("null text", () -> "" + proxy.echo((Text) null));
    say("an IntWritable as Writable", () -> "" + proxy.echo((Writable) new IntWritable(7)));
    say("a Text as Writable", () -> "" + proxy.echo((Writable) new Text("a")));
    say("an UTF8 as Writable", () -> "" + proxy.echo((Writable) new UTF8("a")));
    say("null as Writable", () -> "" + proxy.echo((Writable) null));
    MapWritable map = new MapWritable();
    map.put(new Text("k"), new IntWritable(1));
    say("a map", () -> ((MapWritable) proxy.echo((Writable) map)).get(new Text("k")) + "");
  }
}
