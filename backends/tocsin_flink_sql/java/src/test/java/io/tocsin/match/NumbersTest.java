package io.tocsin.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource({
        "5.0, 5", "-0.0, 0", "-0, 0", "1e20, 100000000000000000000", "1e21, 1e+21",
        "8.41e21, 8.41e+21", "2E-3, 0.002", "0.1, 0.1",
        "9223372036854775807, 9223372036854775807", "9223372036854775808, 9223372036854775808",
        "18446744073709551615, 18446744073709551615", "18446744073709551616, 18446744073709552000",
        "-9223372036854775808, -9223372036854775808", "-9223372036854775809, -9223372036854776000",
        "123456789012345678901234567890, 1.2345678901234568e+29",
        "9007199254740993.0, 9007199254740992", "-1.5e300, -1.5e+300", "9.5367431640625e-7, 0.00000095367431640625"
    })
    void canonicalTexts(String given, String text) {
        boolean integer = given.matches("-?[0-9]+");
        assertEquals(text, Numbers.canonical(given, integer));
    }

    @Test
    void theSmallestDoubles() {
        assertEquals("0." + "0".repeat(323) + "5", Numbers.canonical("5e-324", false));
        String least = "0." + "0".repeat(307) + "22250738585072014";
        assertEquals(least, Numbers.canonical("2.2250738585072014e-308", false));
    }

    @Test
    void numbersOfTexts() {
        assertEquals(-7L, Numbers.parse("-7"));
        assertEquals(1500.0, Numbers.parse("1.5e+3"));
        assertEquals(BigInteger.ONE.shiftLeft(63), Numbers.parse("9223372036854775808"));
        assertEquals(0x1p64, Numbers.parse("18446744073709551616"));
        for (String no : new String[] {"", "-", "+1", "1.", ".5", " 1", "1E5", "0x1", "1_0", "1e999", "inf", "1e"}) {
            assertNull(Numbers.parse(no), no);
        }
    }
}
