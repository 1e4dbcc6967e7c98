package io.tocsin.match;

import java.math.BigInteger;

/** The text is an address inside a network, as Python's `ipaddress` reads both. */
final class Network implements Test {
    private static final int PARTS = 8;
    private final byte[] network;
    private final int bits;

    /** A network as `10.0.0.0/8`. */
    Network(String text) throws Refused {
        int slash = text.indexOf('/');
        String length = text.substring(slash + 1);
        network = slash < 0 ? null : address(text.substring(0, slash));
        boolean digits = only(length, "0123456789") && !length.isEmpty() && length.length() <= 3;
        bits = digits ? Integer.parseInt(length) : -1;
        if (network == null || bits < 0 || bits > network.length * 8 || hasHostBits()) {
            throw new Refused("not a network: " + text);
        }
    }

    private boolean hasHostBits() {
        return new BigInteger(1, network).getLowestSetBit() >= 0
                && new BigInteger(1, network).getLowestSetBit() < network.length * 8 - bits;
    }

    @Override
    public boolean passes(Value value) {
        byte[] own = address(value.text);
        if (own == null || own.length != network.length) {
            return false;
        }
        BigInteger other = new BigInteger(1, own).xor(new BigInteger(1, network));
        return other.bitLength() <= network.length * 8 - bits;
    }

    @Override
    public boolean expensive() {
        return true;
    }

    /** 4 or 16 bytes; null for what is no address. */
    static byte[] address(String text) {
        return text.indexOf(':') < 0 ? four(text) : sixteen(text);
    }

    private static byte[] four(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        byte[] made = new byte[4];
        for (int i = 0; i < 4; i++) {
            String part = parts[i];
            boolean zeros = part.length() > 1 && part.charAt(0) == '0';
            if (part.isEmpty() || part.length() > 3 || zeros || !only(part, "0123456789")) {
                return null;
            }
            int octet = Integer.parseInt(part);
            if (octet > 255) {
                return null;
            }
            made[i] = (byte) octet;
        }
        return made;
    }

    private static byte[] sixteen(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length < 3 || parts.length > PARTS + 1) {
            return null;
        }
        if (parts[parts.length - 1].indexOf('.') >= 0) {
            byte[] last = four(parts[parts.length - 1]);
            return last == null ? null : sixteen(withHextets(parts, last));
        }
        int gap = gap(parts);
        if (gap <= 0) {
            return gap < 0 || parts.length != PARTS ? null : joined(parts, PARTS, 0);
        }
        int high = parts[0].isEmpty() ? gap - 1 : gap;
        int low = parts.length - gap - (parts[parts.length - 1].isEmpty() ? 2 : 1);
        boolean loneColon = high != gap && high > 0 || low != parts.length - gap - 1 && low > 0;
        return loneColon || high + low >= PARTS ? null : joined(parts, high, low);
    }

    private static String withHextets(String[] parts, byte[] last) {
        StringBuilder made = new StringBuilder();
        for (int i = 0; i < parts.length - 1; i++) {
            made.append(parts[i]).append(':');
        }
        made.append(Integer.toHexString((last[0] & 0xff) << 8 | last[1] & 0xff)).append(':');
        return made.append(Integer.toHexString((last[2] & 0xff) << 8 | last[3] & 0xff)).toString();
    }

    /** The place of `::`; 0 without one, -1 with two. */
    private static int gap(String[] parts) {
        int found = 0;
        for (int i = 1; i < parts.length - 1; i++) {
            if (parts[i].isEmpty()) {
                if (found > 0) {
                    return -1;
                }
                found = i;
            }
        }
        return found;
    }

    private static byte[] joined(String[] parts, int high, int low) {
        byte[] made = new byte[2 * PARTS];
        for (int i = 0; i < high + low; i++) {
            String part = i < high ? parts[i] : parts[parts.length - low + i - high];
            if (part.isEmpty() || part.length() > 4 || !only(part, "0123456789abcdefABCDEF")) {
                return null;
            }
            int value = Integer.parseInt(part, 16);
            int to = 2 * (i < high ? i : PARTS - (high + low - i));
            made[to] = (byte) (value >> 8);
            made[to + 1] = (byte) value;
        }
        return made;
    }

    private static boolean only(String text, String allowed) {
        return text.chars().allMatch(c -> allowed.indexOf(c) >= 0);
    }
}
