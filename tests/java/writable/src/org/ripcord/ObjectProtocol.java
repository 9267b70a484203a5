package org.ripcord;

import java.io.IOException;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.ipc.VersionedProtocol;

/** Whatever an ObjectWritable can hold, there and back. */
public interface ObjectProtocol extends VersionedProtocol {
  long versionID = 1;

  String echo(String value) throws IOException;

  boolean echo(boolean value) throws IOException;

  byte echo(byte value) throws IOException;

  char echo(char value) throws IOException;

  short echo(short value) throws IOException;

  int echo(int value) throws IOException;

  long echo(long value) throws IOException;

  float echo(float value) throws IOException;

  double echo(double value) throws IOException;

  int[] echo(int[] value) throws IOException;

  byte[] echo(byte[] value) throws IOException;

  String[] echo(String[] value) throws IOException;

  String[][] echo(String[][] value) throws IOException;

  Text[] echo(Text[] value) throws IOException;

  Colour echo(Colour value) throws IOException;

  Text echo(Text value) throws IOException;

  Writable echo(Writable value) throws IOException;

  void nothing() throws IOException;

  /** Seven, of a class that no ObjectWritable can hold. */
  Integer boxed() throws IOException;

  String join(String left, int number, String right) throws IOException;
}
