namespace Temporalio.Activities;

/// <summary>Marks a method as an activity. Its name is the method's, less a trailing <c>Async</c> when it returns a task.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class ActivityAttribute : Attribute
{
    /// <summary>Names the activity after the method.</summary>
    public ActivityAttribute()
    {
    }

    /// <summary>Names the activity.</summary>
    /// <param name="name">Its name.</param>
    public ActivityAttribute(string name) => Name = name;

    /// <summary>Its name; null to derive it.</summary>
    public string? Name { get; }

    /// <summary>Takes every activity that no other definition takes; one parameter of raw values.</summary>
    public bool Dynamic { get; set; }
}
