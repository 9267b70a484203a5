package org.ripcord;

/** An enum for ObjectProtocol. */
public enum Colour {
  RED,
  GREEN
}
