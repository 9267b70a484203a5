package org.ripcord;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;

/** Both protocols as a Java server speaks them; what else VersionedProtocol wants is the Door's. */
public abstract class Service implements TestProtocol, ObjectProtocol {
  /** Bytes of a blob's value besides its data: two names of the class, a length. */
  private static final int OVERHEAD = 2 * (2 + BlobResponse.class.getName().length()) + 4;

  private final Consumer<String> out;

  /** out: hears of each call of TestProtocol when it begins, "ran METHOD ARGUMENT". */
  Service(Consumer<String> out) {
    this.out = out;
  }

  private void tell(String method, Object argument) {
    out.accept("ran " + method + " " + argument);
  }

  @Override
  public long getProtocolVersion(String protocol, long clientVersion) throws IOException {
    if (protocol.equals(TestProtocol.class.getName())) {
      return TestProtocol.versionID;
    }
    if (protocol.equals(ObjectProtocol.class.getName())) {
      return ObjectProtocol.versionID;
    }
    throw new IOException("Unknown protocol: " + protocol);
  }

  @Override
  public EchoResponse echo(EchoRequest request) throws IOException {
    tell("echo", request.message);
    sleep(request.time);
    return new EchoResponse(request.message);
  }

  @Override
  public BlobResponse blob(BlobRequest request) throws IOException {
    tell("blob", request.size);
    sleep(request.time);
    byte[] data = new byte[(int) Math.max(0, request.size - Door.head() - OVERHEAD)];
    Arrays.fill(data, (byte) 'b');
    return new BlobResponse(data);
  }

  @Override
  public ThrowResponse throw_(ThrowRequest request) throws IOException {
    tell("throw", request.exception);
    sleep(request.time);
    Throwable thrown;
    try {
      thrown =
          (Throwable)
              Class.forName(request.exception)
                  .getConstructor(String.class)
                  .newInstance(request.message);
    } catch (ReflectiveOperationException missing) {
      throw new IOException(missing.toString());
    }
    Service.<RuntimeException>raise(thrown);
    return new ThrowResponse();
  }

  /** Throws what need not be declared. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void raise(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Override
  public HangResponse hang(HangRequest request) throws IOException {
    tell("hang", "");
    sleep(Long.MAX_VALUE);
    return new HangResponse();
  }

  private static void sleep(long milliseconds) throws IOException {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted.toString());
    }
  }

  @Override
  public String echo(String value) {
    return value;
  }

  @Override
  public boolean echo(boolean value) {
    return value;
  }

  @Override
  public byte echo(byte value) {
    return value;
  }

  @Override
  public char echo(char value) {
    return value;
  }

  @Override
  public short echo(short value) {
    return value;
  }

  @Override
  public int echo(int value) {
    return value;
  }

  @Override
  public long echo(long value) {
    return value;
  }

  @Override
  public float echo(float value) {
    return value;
  }

  @Override
  public double echo(double value) {
    return value;
  }

  @Override
  public int[] echo(int[] value) {
    return value;
  }

  @Override
  public byte[] echo(byte[] value) {
    return value;
  }

  @Override
  public String[] echo(String[] value) {
    return value;
  }

  @Override
  public String[][] echo(String[][] value) {
    return value;
  }

  @Override
  public Text[] echo(Text[] value) {
    return value;
  }

  @Override
  public Colour echo(Colour value) {
    return value;
  }

  @Override
  public Text echo(Text value) {
    return value;
  }

  @Override
  public Writable echo(Writable value) {
    return value;
  }

  @Override
  public void nothing() {}

  @Override
  public Integer boxed() {
    return 7;
  }

  @Override
  public String join(String left, int number, String right) {
    return left + number + right;
  }
}
