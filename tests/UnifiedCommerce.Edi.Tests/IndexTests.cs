using System.Text;

namespace UnifiedCommerce.Edi.Tests;

/// <summary>The vectorised index against a reading of the rules byte by byte.</summary>
public class IndexTests
{
    [Fact]
    public void Every_value_is_cut_as_a_reading_byte_by_byte_cuts_it()
    {
        for (int seed = 1; seed <= 400; seed++)
        {
            Random random = new(seed);
            string body = Body(random, random.Next(1, 3000));
            byte[] bytes = Encoding.Latin1.GetBytes("UNA:+.?*'UNB+UNOC:4+A+B+20240101:1200+1'" + body);

            List<string> expected = Slowly(bytes.AsSpan(40));
            List<string> actual = [];
            EdiReader reader = new(bytes);
            Assert.True(reader.Read());
            while (reader.Read())
            {
                StringBuilder segment = new(Encoding.Latin1.GetString(reader.Tag));
                TokenReader tokens = reader.Segment.ReadTokens();
                int token = 1;
                while (tokens.Read())
                {
                    Assert.True(tokens.Value.SequenceEqual(reader.Segment.Token(token)), $"seed {seed}");
                    Assert.Equal(tokens.Kind, reader.Segment.KindOf(token));
                    if (tokens.ElementPosition > 0)
                    {
                        Assert.True(tokens.Value.SequenceEqual(reader.Component(tokens.ElementPosition, tokens.ComponentPosition, tokens.Repetition)),
                            $"seed {seed}");
                    }
                    segment.Append(tokens.Kind switch { TokenKind.Element => '|', TokenKind.Repetition => '^', _ => '/' })
                        .Append(Encoding.Latin1.GetString(tokens.Value));
                    token++;
                }
                actual.Add(segment.ToString());
            }

            Assert.True(expected.SequenceEqual(actual), $"seed {seed}: {expected.Zip(actual).FirstOrDefault(p => p.First != p.Second)}");
        }
    }

    /// <summary>Letters, and delimiters and release characters in runs and at block ends.</summary>
    private static string Body(Random random, int length)
    {
        string alphabet = random.Next(3) switch { 0 => "ABCDEFGH+:'", 1 => "A??+:'*", _ => "ABCDEFGHIJKLMNOPQRSTUVW0123456789++::''*?" };
        StringBuilder text = new();
        while (text.Length < length)
        {
            text.Append("XYZ");
            for (int i = random.Next(40); i > 0; i--)
            {
                text.Append(alphabet[random.Next(alphabet.Length)]);
            }
            text.Append('\'');
        }
        return text.ToString();
    }

    private static List<string> Slowly(ReadOnlySpan<byte> bytes)
    {
        List<string> segments = [];
        StringBuilder segment = new();
        bool released = false;
        bool any = false;
        foreach (byte b in bytes)
        {
            if (released)
            {
                segment.Append((char)b);
                released = false;
            }
            else if (b == '?')
            {
                released = true;
                any = true;
            }
            else if (b == '\'')
            {
                if (segment.Length > 0 || any)
                {
                    segments.Add(segment.ToString());
                }
                segment.Clear();
                any = false;
            }
            else
            {
                segment.Append(b switch { (byte)'+' => '|', (byte)':' => '/', (byte)'*' => '^', _ => (char)b });
            }
        }
        if (segment.Length > 0 || any)
        {
            segments.Add(segment.ToString());
        }
        return segments;
    }
}
