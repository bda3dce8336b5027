namespace CodingAgent.BotHost.Tests.Web;

/// <summary>A delivery with what is wrong with it.</summary>
/// <param name="Template">Which of <see cref="DeliveryTemplate.All"/>.</param>
/// <param name="Standing">What the forge has on record.</param>
/// <param name="Wire">What is wrong with the request around the body.</param>
/// <param name="Choice">Which of the wrong values.</param>
/// <param name="Mutations">What is wrong with the body.</param>
public sealed record FuzzedDelivery(int Template, FuzzedDelivery.OnRecord Standing, FuzzedDelivery.Around Wire, int Choice, Mutation[] Mutations)
{
    public enum OnRecord
    {
        /// <summary>It is true, and by somebody with write access.</summary>
        ByWriter,

        /// <summary>It is by somebody without, whatever the delivery says.</summary>
        ByTriager,

        /// <summary>It is by somebody with write access, and somebody without changed it since.</summary>
        ChangedByTriager,

        /// <summary>It is a lie.</summary>
        Nowhere,
    }

    public enum Around
    {
        Right,
        Signature,
        SignatureOfAnotherBody,
        EventName,
        EventOfAnother,
        OtherForge,
        Id,
        IdOfAnother,
        ContentType,
        Length,
    }

    /// <summary>Whether the sender does not know the secret.</summary>
    public bool IsForged => Wire is Around.Signature or Around.SignatureOfAnotherBody;

    /// <summary>Whether nothing is wrong with it.</summary>
    public bool IsWhole => Wire == Around.Right && Mutations.Length == 0;

    /// <summary>With the mutations, for the report of a failure.</summary>
    public override string ToString() =>
        $"{DeliveryTemplate.All[Template].Event} (template {Template}), {Standing}, {Wire} {Choice}, [{string.Join("; ", Mutations.Select(m => $"{m.Kind} {m.Place} {m.Choice}"))}]";
}
